/** Maps that remember the latest: what has not been put for longest gives way. */

/** Puts a value last, wherever its key stood before. At most `most` stay. */
export function putLast<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}
