// Keys that are put into a combining table some hundred at a time, by a loop in WebAssembly (assembly/batches.ts). A table of a
// hundred thousand keys is larger than the caches next to a core, so that most of the time of an addition is waiting for memory;
// and a processor waits for many things at once where nothing else stands between them. So whoever has many keys at hand
// writes them here, in slots of one size. A batch lies in the scratch page of the memory, and is empty between two calls.

import type { TaskMemory } from '../data/memory.ts';
import { batchesWasm } from './batches-wasm.ts';
import { wasmKernel } from './wasm-kernel.ts';

/** How many keys a batch takes. */
export const batchRows = 256;
/** Bytes of a slot; a key has a few bytes less, so that it can be ended by zeros. */
export const batchSlotBytes = 64;
export const batchKeyBytesMax: number = batchSlotBytes - 4;
/** Numbers a key may have: so many have room. */
export const batchWidthMax = 16;

const lengthsAt: number = batchRows * batchSlotBytes;
const hashesAt: number = lengthsAt + 4 * batchRows;
const foldsAt: number = hashesAt + 8 * batchRows;
const numbersAt: number = foldsAt + batchWidthMax;
/** Where the scratch page is free. */
export const batchEndsAt: number = numbersAt + 8 * batchRows * batchWidthMax;

/** What is done with a number; `moments` stands for three. */
export const batchFolds = { add: 0, least: 1, most: 2, minimum: 3, maximum: 4, moments: 5 } as const;
export type BatchFold = keyof typeof batchFolds;

/** Addresses are bytes of the fixed memory. What each does says assembly/batches.ts. */
export interface BatchKernel {
  table(slots: number, mask: number, entries: number, countMax: number, bytesMax: number): void;
  numbers(batch: number, width: number, single: boolean): void;
  add(from: number, rows: number, count: number, keysEnd: number, accounted: number, emptied: boolean): number;
  entryCount(): number;
  keysEnd(): number;
  accountedBytes(): number;
  foldedKeys(): number;
  gather(entry: number, entriesEnd: number, width: number, ordered: boolean, from: number, to: number): number;
  outEnd(): number;
  movedBytes(): number;
}

export interface KeyBatch {
  /** Slot i begins at i * batchSlotBytes. A key is followed by zeros up to a whole word. */
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly words: Uint32Array;
  readonly lengths: Int32Array;
  readonly hashes: Uint32Array;
  /** The numbers of each key, one behind another. */
  readonly numbers: Float64Array;
  readonly kernel: BatchKernel;
  /** Before keys are added: says how their numbers are folded. */
  prepare(): void;
}

/** Keys that come one by one, until there are enough for a batch: laid out as there, in memory of their own. */
export interface KeyQueue {
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly words: Uint32Array;
  readonly lengths: Int32Array;
  readonly numbers: Float64Array;
  /** Of a string that may have room as a key. */
  readonly charsMax: number;
}

export function keyQueue(): KeyQueue {
  const words = new Uint32Array(lengthsAt / 4);
  const bytes = new Uint8Array(words.buffer);
  return { bytes, words, lengths: new Int32Array(batchRows), numbers: new Float64Array(batchRows), charsMax: batchKeyBytesMax - 4 };
}

/** The kernel of a memory; made once. */
export const batchKernelOf: (memory: TaskMemory) => BatchKernel = wasmKernel(batchesWasm);

/** A batch of keys with a number for each fold; `single`: it is one number, and not a list of one. */
export function keyBatch(memory: TaskMemory, folds: readonly BatchFold[], single: boolean): KeyBatch {
  const { buffer } = memory.bytes;
  const { from } = memory.scratch;
  const kernel = batchKernelOf(memory);
  const width = folds.reduce((sum, fold) => sum + (fold === 'moments' ? 3 : 1), 0);
  const kinds = folds.flatMap(fold => (fold === 'moments' ? [batchFolds.moments, 0, 0] : [batchFolds[fold]]));
  const program = new Uint8Array(buffer, from + foldsAt, batchWidthMax);
  return {
    bytes: new Uint8Array(buffer, from, lengthsAt),
    words: new Uint32Array(buffer, from, lengthsAt / 4),
    lengths: new Int32Array(buffer, from + lengthsAt, batchRows),
    hashes: new Uint32Array(buffer, from + hashesAt, batchRows),
    numbers: new Float64Array(buffer, from + numbersAt, batchRows * width),
    kernel,
    prepare(): void {
      for (let i = 0; i < width; i++) program[i] = kinds[i] as number;
      kernel.numbers(from, width, single);
    },
  };
}
