// Float64 numbers as bytes, most significant byte first on every machine: plain for values, ordered for keys.
// Ordered means that the bytes of two numbers compare as the numbers do: a positive number has its sign bit set, a
// negative one has all its bits inverted. Neither allocates; both need 8 bytes of room.

const scratch = new DataView(new ArrayBuffer(8));

/** NaN has many bit patterns in a machine; here it has one, so that bytes depend on the value alone. */
const nanHigh = 0x7ff80000;

export function writeFloat64(value: number, target: Uint8Array, at: number): void {
  scratch.setFloat64(0, value);
  const isNumber = !Number.isNaN(value);
  writeWord(isNumber ? scratch.getInt32(0) : nanHigh, target, at);
  writeWord(isNumber ? scratch.getInt32(4) : 0, target, at + 4);
}

export function readFloat64(source: Uint8Array, at: number): number {
  scratch.setInt32(0, readWord(source, at));
  scratch.setInt32(4, readWord(source, at + 4));
  return scratch.getFloat64(0);
}

/** `value` is no NaN; −0 is written as 0. */
export function writeOrderedFloat64(value: number, target: Uint8Array, at: number): void {
  scratch.setFloat64(0, value + 0);
  const high = scratch.getInt32(0);
  const low = scratch.getInt32(4);
  writeWord(high < 0 ? ~high : high ^ 0x80000000, target, at);
  writeWord(high < 0 ? ~low : low, target, at + 4);
}

export function readOrderedFloat64(source: Uint8Array, at: number): number {
  const high = readWord(source, at);
  const low = readWord(source, at + 4);
  scratch.setInt32(0, high < 0 ? high ^ 0x80000000 : ~high);
  scratch.setInt32(4, high < 0 ? low : ~low);
  return scratch.getFloat64(0);
}

function writeWord(word: number, target: Uint8Array, at: number): void {
  target[at] = word >>> 24;
  target[at + 1] = word >>> 16;
  target[at + 2] = word >>> 8;
  target[at + 3] = word;
}

function readWord(source: Uint8Array, at: number): number {
  return (
    ((source[at] as number) << 24) | ((source[at + 1] as number) << 16) | ((source[at + 2] as number) << 8) | (source[at + 3] as number)
  );
}
