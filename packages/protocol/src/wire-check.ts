// Looks over the bytes of a frame before msgpackr sees them: they may come from anybody. What passes is one whole msgpack
// value made of nil, booleans, numbers, text, bytes, arrays and maps with text keys only; every length fits in the frame,
// nesting and the number of values are bounded. So no extension type (class revival, cyclic references, shared records),
// no reserved byte, and no small frame that asks for gigabytes ever reaches the decoder. Nothing here throws or allocates.

import { limits } from './limits.ts';

/** Gives null for bytes that are safe to decode, else what is wrong with them. */
export function checkWire(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'an empty frame';
  if (bytes.length > limits.frameBytesMax) return `a frame of ${bytes.length} bytes, more than ${limits.frameBytesMax}`;
  const scan = new WireScan(bytes);
  if (!scan.value(0)) return `${scan.problem} at byte ${scan.at}`;
  return scan.at === bytes.length ? null : `${bytes.length - scan.at} bytes behind the message`;
}

/** Every method steps over what it names, and gives false once `problem` says why it could not. */
class WireScan {
  at = 0;
  problem: string | null = null;
  private values = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  value(depth: number): boolean {
    if (this.at >= this.bytes.length) return this.fail('a cut message');
    this.values += 1;
    if (this.values > limits.frameValuesMax) return this.fail(`more than ${limits.frameValuesMax} values`);
    const first = this.bytes[this.at] as number;
    if (first <= 0x7f || first >= 0xe0) return this.skip(1);
    if (first <= 0x8f) return this.skip(1) && this.map(first & 0x0f, depth);
    if (first <= 0x9f) return this.skip(1) && this.array(first & 0x0f, depth);
    if (first <= 0xbf) return this.skip(1 + (first & 0x1f));
    return this.tagged(first, depth);
  }

  private tagged(first: number, depth: number): boolean {
    const scalarBytes = scalars[first];
    if (scalarBytes !== undefined) return this.skip(1 + scalarBytes);
    const lengthBytes = counted[first];
    if (lengthBytes === undefined) return this.fail(`type byte 0x${first.toString(16)}, which is not used here`);
    const length = this.length(this.at + 1, lengthBytes);
    const head = 1 + lengthBytes;
    if (first <= 0xc6 || (first >= 0xd9 && first <= 0xdb)) return this.skip(head + length);
    if (first <= 0xdd) return this.skip(head) && this.array(length, depth);
    return this.skip(head) && this.map(length, depth);
  }

  private array(length: number, depth: number): boolean {
    if (depth >= limits.frameDepthMax) return this.fail(`nesting deeper than ${limits.frameDepthMax}`);
    for (let i = 0; i < length; i += 1) if (!this.value(depth + 1)) return false;
    return true;
  }

  private map(length: number, depth: number): boolean {
    if (depth >= limits.frameDepthMax) return this.fail(`nesting deeper than ${limits.frameDepthMax}`);
    for (let i = 0; i < length; i += 1) if (!this.key(depth) || !this.value(depth + 1)) return false;
    return true;
  }

  private key(depth: number): boolean {
    const first = this.bytes[this.at] ?? 0xa0;
    const isText = (first >= 0xa0 && first <= 0xbf) || (first >= 0xd9 && first <= 0xdb);
    return isText ? this.value(depth + 1) : this.fail('a key that is no text');
  }

  /** Past the end it gives 0: the skip that follows finds the cut. */
  private length(from: number, size: number): number {
    let length = 0;
    for (let i = 0; i < size; i += 1) length = length * 256 + (this.bytes[from + i] ?? 0);
    return length;
  }

  private skip(count: number): boolean {
    if (this.at + count > this.bytes.length) return this.fail('a cut message');
    this.at += count;
    return true;
  }

  private fail(problem: string): false {
    this.problem = problem;
    return false;
  }
}

/** Type byte → how many bytes follow it. nil, false, true, float 32 and 64, uint 8 to 64, int 8 to 64. */
const scalars: { readonly [first: number]: number } = {
  ...{ 192: 0, 194: 0, 195: 0, 202: 4, 203: 8 },
  ...{ 204: 1, 205: 2, 206: 4, 207: 8, 208: 1, 209: 2, 210: 4, 211: 8 },
};

/** Type byte → size of the length behind it. bin 8 to 32, str 8 to 32, array 16 and 32, map 16 and 32. */
const counted: { readonly [first: number]: number } = {
  ...{ 196: 1, 197: 2, 198: 4, 217: 1, 218: 2, 219: 4 },
  ...{ 220: 2, 221: 4, 222: 2, 223: 4 },
};
