// Keys that are put into a combining table some hundred at a time. A table of a hundred thousand keys is larger than the caches
// next to a core, so that most of the time of an addition is waiting for memory; what waits for memory in one addition waits in
// the next one too, and a processor does both at once only where nothing else stands between them. So whoever has many keys at
// hand writes them here, in slots of one size, and the table looks them all up in one loop.

/** How many keys a batch takes. */
export const batchRows = 256;
/** Bytes of a slot; a key has at least three bytes less, so that it can be ended by zeros. */
export const batchSlotBytes = 64;
export const batchKeyBytesMax: number = batchSlotBytes - 4;

export interface KeyBatch {
  /** Slot i begins at i * batchSlotBytes. A key is followed by zeros up to a whole word. */
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly words: Uint32Array;
  readonly lengths: Int32Array;
  readonly hashes: Uint32Array;
  /** Where a key lies in the table; 0 is not known. */
  readonly addresses: Uint32Array;
  /** The numbers of each key, `width` of them. */
  readonly numbers: Float64Array;
}

/** A batch of keys with so many numbers each. */
export function keyBatch(width: number): KeyBatch {
  const memory = new ArrayBuffer(batchRows * batchSlotBytes);
  return {
    bytes: new Uint8Array(memory),
    words: new Uint32Array(memory),
    lengths: new Int32Array(batchRows),
    hashes: new Uint32Array(batchRows),
    addresses: new Uint32Array(batchRows),
    numbers: new Float64Array(batchRows * width),
  };
}
