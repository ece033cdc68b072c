-- Prosody for Restante: the one configuration that docker-compose, the demo and the tests share.
-- Works with Prosody 0.12 (Debian 12) and newer. Checked with: prosodyctl --config prosody.cfg.lua check config
--
-- Everything that differs from place to place comes from the environment (Prosody reads a variable FOO as ENV_FOO):
--
--   variable                   default                     what
--   PROSODY_DOMAIN             example.test                your users' domain
--   PROSODY_DATA               /var/lib/prosody            accounts, rosters, uploads
--   PROSODY_CERTIFICATES       /etc/prosody/certs          folder with DOMAIN.crt and DOMAIN.key
--   PROSODY_INTERFACE          *                           address to listen on
--   PROSODY_C2S_PORT           5222                        clients
--   PROSODY_C2S_TLS_PORT       5223                        clients, TLS from the first byte
--   PROSODY_COMPONENT_PORT     5347                        Restante comes in here (XEP-0114)
--   PROSODY_HTTP_PORT          5280                        BOSH, WebSocket; uploads for a reverse proxy
--   PROSODY_HTTPS_PORT         5281                        the same with TLS
--   PROSODY_HTTP_HOST          DOMAIN                      name by which browsers reach BOSH and WebSocket
--   PROSODY_PROXY_PORT         5000                        SOCKS5 bytestreams proxy (XEP-0065)
--   PROSODY_PROXY_ADDRESS      proxy.DOMAIN                how clients reach that
--   PROSODY_UPLOAD_URL         https://upload.DOMAIN:5281/ how clients reach the uploads
--   PROSODY_UPLOAD_LIMIT       104857600                   largest upload, bytes
--   PROSODY_STARTTLS           yes                         "no": clients need no encryption. Only on a loopback address!
--   PROSODY_FEDERATION         yes                         "no": no other servers
--   PROSODY_HIBERNATION        600                         seconds that a lost client stays "online" (XEP-0198)
--   PROSODY_LOG_LEVEL          info                        "debug" also shows every stanza
--   PROSODY_DEBIAN_DEFAULTS    no                          "yes": Nagle and throttling as Debian's package has them
--   PROSODY_RUN_AS_ROOT        no                          "yes": in tests only
--   PROSODY_EXTRA                                          a file with more of this
--   RESTANTE_XMPP_DOMAIN       files.DOMAIN                Restante's own address
--   RESTANTE_XMPP_SECRET       (must be set)               what it proves itself with: the same as in Restante's own [xmpp] section
--   RESTANTE_UPLOAD_DOMAIN                                 Restante's own upload service, with the same secret; without it, Prosody's

local function number(text, default) return tonumber(text or default); end

local domain = ENV_PROSODY_DOMAIN or "example.test";
local files = ENV_RESTANTE_XMPP_DOMAIN or "files."..domain;
local data = ENV_PROSODY_DATA or "/var/lib/prosody";
local interface = ENV_PROSODY_INTERFACE or "*";
local certificates_of = ENV_PROSODY_CERTIFICATES or "/etc/prosody/certs";
local upload_url = ENV_PROSODY_UPLOAD_URL or "https://upload."..domain..":"..(ENV_PROSODY_HTTPS_PORT or "5281").."/";
local own_uploads = ENV_RESTANTE_UPLOAD_DOMAIN;
local upload_limit = number(ENV_PROSODY_UPLOAD_LIMIT, 104857600);
local starttls = ENV_PROSODY_STARTTLS ~= "no";
local as_debian = ENV_PROSODY_DEBIAN_DEFAULTS == "yes";

---------- where and how it runs ----------

data_path = data
pidfile = data.."/prosody.pid"
run_as_root = ENV_PROSODY_RUN_AS_ROOT == "yes"
log = { { levels = { min = ENV_PROSODY_LOG_LEVEL or "info" }; to = "console" } }

interfaces = { interface }
c2s_ports = { number(ENV_PROSODY_C2S_PORT, 5222) }
c2s_direct_tls_ports = { number(ENV_PROSODY_C2S_TLS_PORT, 5223) }
component_ports = { number(ENV_PROSODY_COMPONENT_PORT, 5347) }
-- Prosody lets components in from loopback alone unless told otherwise. In a container Restante is another machine.
component_interfaces = { interface }
http_ports = { number(ENV_PROSODY_HTTP_PORT, 5280) }
http_interfaces = { interface }
https_ports = { number(ENV_PROSODY_HTTPS_PORT, 5281) }
https_interfaces = { interface }
proxy65_ports = { number(ENV_PROSODY_PROXY_PORT, 5000) }

-- Without this, Nagle's algorithm at the server meets the delayed acknowledgement at the client: a message that follows another one
-- waits for up to 40 ms. Restante does its part on the component's leg; this is the clients' leg.
if not as_debian then network_settings = { nagle = false } end

---------- what it can do ----------

local modules = {
	-- what any server needs
	"disco"; "saslauth"; "roster"; "presence"; "message"; "iq"; "ping"; "time"; "version"; "posix";
	-- what Restante's chat lines and links want: kept for those who are away, shown on each of one's devices, safe on bad networks
	"offline"; "mam"; "carbons"; "smacks"; "csi_simple";
	-- profiles, private data, blocking
	"pep"; "vcard4"; "vcard_legacy"; "private"; "blocklist"; "bookmarks";
	-- clients in the browser
	"bosh"; "websocket";
	-- Puts the bot into everybody's roster without asking each: see groups_file below.
	-- "groups";
	starttls and "tls" or nil;
}
if ENV_PROSODY_LOG_LEVEL == "debug" then table.insert(modules, "stanza_debug"); end
if ENV_PROSODY_FEDERATION == "no" then
	modules_disabled = { "s2s" }
else
	table.insert(modules, "dialback")
	s2s_secure_auth = true
end
if as_debian then
	-- Debian's own values. 10 kB/s holds back in-band transfers (XEP-0047) more than anything else: better leave the module out.
	table.insert(modules, "limits")
	limits = { c2s = { rate = "10kb/s" }; s2sin = { rate = "30kb/s" } }
end
modules_enabled = modules -- what is set here cannot be read back

authentication = "internal_hashed"
storage = "internal"
archive_expires_after = "1w"
smacks_hibernation_time = number(ENV_PROSODY_HIBERNATION, 600)

-- One name and one room in every roster. The file holds:
--   [Files]
--   bot@files.example.test=Restante
-- groups_file = "/etc/prosody/groups.txt"

---------- encryption ----------

c2s_require_encryption = starttls
allow_unencrypted_plain_auth = not starttls
consider_bosh_secure = not starttls
consider_websocket_secure = not starttls
certificates = certificates_of
ssl = { certificate = certificates_of.."/"..domain..".crt"; key = certificates_of.."/"..domain..".key" }
https_certificate = certificates_of.."/"..domain..".crt"

if ENV_PROSODY_EXTRA then Include(ENV_PROSODY_EXTRA) end

---------- who is here ----------

VirtualHost(domain)
	http_host = ENV_PROSODY_HTTP_HOST
	disco_items = {
		{ files; "Restante" };
		{ own_uploads or "upload."..domain; "Uploads" };
		{ "proxy."..domain; "Bytestreams" };
	}

-- Restante. One connection at a time; with "kick_old" a standby may take over while the first one still seems to be there.
Component(files)
	component_secret = ENV_RESTANTE_XMPP_SECRET or error("RESTANTE_XMPP_SECRET must be set")
	-- component_conflict_resolve = "kick_old"

-- Uploads of ordinary clients (XEP-0363).
if own_uploads then
	Component(own_uploads)
		component_secret = ENV_RESTANTE_XMPP_SECRET
else
	-- Restante fetches what people send it from here, so it must reach PROSODY_UPLOAD_URL too.
	Component("upload."..domain) "http_file_share"
		http_host = upload_url:match("^https?://([^/:]+)")
		http_external_url = upload_url
		http_file_share_size_limit = upload_limit
		http_file_share_daily_quota = 100 * upload_limit
end

-- Bytestreams through the server (XEP-0065), for those who cannot be reached directly.
Component("proxy."..domain) "proxy65"
	proxy65_address = ENV_PROSODY_PROXY_ADDRESS or "proxy."..domain
	proxy65_acl = { domain; files }
