// What a block's body may be packed with: raw, or lz4 when the worker was told to (slow networks and disks gain, a fast local
// disk loses). Every block names its codec, so runs of both kinds are read by every worker; hashes are of the raw bytes.

import { createRequire } from 'node:module';

export type BlockCodec = 'raw' | 'lz4';

/** As block headers have it. */
export const codecIds: { readonly [Codec in BlockCodec]: number } = { raw: 0, lz4: 1 };

interface Lz4 {
  compressSync(raw: Uint8Array): Buffer;
  uncompressSync(packed: Uint8Array): Buffer;
}

let loaded: Lz4 | null = null;

/** Loaded when the first block needs it: most clusters never do. */
function lz4(): Lz4 {
  loaded ??= createRequire(import.meta.url)('lz4-napi') as Lz4;
  return loaded;
}

/** The packed body, or null when it would not be smaller. */
export function packBlock(raw: Uint8Array): Buffer | null {
  const packed = lz4().compressSync(raw);
  return packed.length < raw.length ? packed : null;
}

/** The raw body, or null when it is not what `packBlock` made of `rawBytes` bytes. */
export function unpackBlock(packed: Uint8Array, rawBytes: number): Buffer | null {
  // The packed form starts with the raw length: it is compared before anything of that size is made.
  if (packed.length < 4 || Buffer.from(packed.buffer, packed.byteOffset, 4).readUInt32LE(0) !== rawBytes) return null;
  try {
    const raw = lz4().uncompressSync(packed);
    return raw.length === rawBytes ? raw : null;
  } catch {
    return null;
  }
}
