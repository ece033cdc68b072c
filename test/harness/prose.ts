/** Finds sentences for people that stand in the code instead of the catalogue (component/lib/languages/), over source files given as path → text. */
import ts from "typescript";

/** Words after words; `{}` stands for what is put in. */
const PROSE = /\p{L}{2}[’”»)]?[.!?:]? (\p{L} )?[“„(]?\p{L}{2}|\p{L}{3} \{\}|\{\} \p{L}{3}/u;
/** A word of a language, as against OMEMO or GET. */
const WORD = /\p{Ll}{2}/u;

/** Said to logs and developers, who read English; and queries. */
const NOT_SAID = [
  /(^|[.?#])(debug|info|warn|error|trace)(\[.*\])?$/,
  /\.log\[.*\]$/,
  /^new \w*(Error|Counter|Gauge|Histogram)$/,
  /^(super|sql|Date\.parse)$/,
  /\.split$/,
];

/** Where a single word is too much: these go into sentences, or are ones. */
const GAPS = /^(new (Protocol)?Refusal|say|wrong|bad)$/;
/** What stanzas and events are told apart by. */
const WIRE = new Set(["type", "condition", "action"]);
const PARTS = new Set(["text", "after", "why", "line", "usage", "summary", "about"]);

/** Each finding in one line: where, and what. `except`: texts that nobody is told. */
export function proseIn(sources: ReadonlyMap<string, string>, except: ReadonlySet<string> = new Set()): string[] {
  return [...sources].flatMap(([path, text]) => {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      const said = textOf(node);
      if (said !== undefined && !except.has(said) && isSentence(node, said, source))
        found.push(`${path}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${said.trim().slice(0, 80)}`); // prettier-ignore
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  });
}

/** A text as it is written, of tagged HTML what people see. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return visible(node.text);
  if (!ts.isTemplateExpression(node)) return undefined;
  const text = node.head.text + node.templateSpans.map(({ literal }) => `{}${literal.text}`).join("");
  return visible(text);
}

function visible(text: string): string {
  const isHtml = text.includes("</");
  return isHtml ? text.replace(/<style>[^]*?<\/style>|<[^>]*>/g, "\n") : text;
}

function isSentence(node: ts.Node, said: string, source: ts.SourceFile): boolean {
  if (ts.isImportDeclaration(node.parent) || ts.isExportDeclaration(node.parent)) return false;
  if (ts.isTypeNode(node.parent)) return false;
  const call = callAround(node, source);
  if (NOT_SAID.some((one) => one.test(call))) return false;
  if (PROSE.test(said)) return true;
  const { parent } = node;
  if (!ts.isPropertyAssignment(parent) || parent.initializer !== node || !WORD.test(said.replace(/\{\w*\}/g, "")))
    return false;
  if (WIRE.has(parent.name.getText(source))) return false;
  return GAPS.test(call) || (PARTS.has(parent.name.getText(source)) && !isKey(said));
}

/** A word of the catalogue. */
const isKey = (text: string): boolean => /^[a-z-]+\/[a-z-]+$/.test(text);

/** The nearest call, constructor or tag that it is an argument of, within its statement. */
function callAround(node: ts.Node, source: ts.SourceFile): string {
  for (let at = node.parent; !ts.isStatement(at) && !ts.isFunctionLike(at) && !ts.isSourceFile(at); at = at.parent) {
    if (ts.isCallExpression(at)) return at.expression.getText(source);
    if (ts.isNewExpression(at)) return `new ${at.expression.getText(source)}`;
    if (ts.isTaggedTemplateExpression(at)) return at.tag.getText(source);
  }
  return "";
}
