// Safe integers ≥ 0 as one to eight bytes, seven bits a byte, the lowest first; a set high bit says that more follow.

/** The end of the encoded number, or -1 when it does not fit below `limit`. */
export function writeVarint(value: number, target: Uint8Array, at: number, limit: number): number {
  let rest = value;
  let to = at;
  while (rest >= 0x80) {
    if (to >= limit) return -1;
    target[to++] = (rest & 0x7f) | 0x80;
    rest = rest > 0x7fff_ffff ? Math.floor(rest / 128) : rest >>> 7;
  }
  if (to >= limit) return -1;
  target[to] = rest;
  return to + 1;
}

export function readVarint(source: Uint8Array, at: number): number {
  let byte = source[at] as number;
  if (byte < 0x80) return byte;
  let value = byte & 0x7f;
  for (let i = at + 1, scale = 128; byte >= 0x80; i++, scale *= 128) {
    byte = source[i] as number;
    value += (byte & 0x7f) * scale;
  }
  return value;
}

/** Where the number that starts at `at` ends. */
export function varintEnd(source: Uint8Array, at: number): number {
  let to = at;
  while ((source[to] as number) >= 0x80) to++;
  return to + 1;
}
