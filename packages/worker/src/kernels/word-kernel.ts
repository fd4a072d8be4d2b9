// The loop in WebAssembly that counts words (assembly/words.ts), on the fixed memory of an executor.

import type { TaskMemory } from '../data/memory.ts';
import { wasmKernel } from './wasm-kernel.ts';
import { wordsWasm } from './words-wasm.ts';

/** Addresses are bytes of the fixed memory. What each does says assembly/words.ts. */
export interface WordKernel {
  words(value: number, batch: number): void;
  table(slots: number, mask: number, entries: number, countMax: number, bytesMax: number): void;
  filled(count: number, keysEnd: number, accounted: number): void;
  /** 0: the text has ended; 1: there is no room for the word; 2: the word is unusual. */
  begin(at: number, to: number): number;
  resume(emptied: boolean): number;
  from(): number;
  to(): number;
  countedWords(): number;
  insertedWords(): number;
  entryCount(): number;
  keysEnd(): number;
  accountedBytes(): number;
}

/** The kernel of a memory; made once. */
export const wordKernelOf: (memory: TaskMemory) => WordKernel = wasmKernel(wordsWasm);
