// The loop in WebAssembly that counts words (assembly/words.ts), on the fixed memory of an executor.

import type { TaskMemory } from '../data/memory.ts';
import { wasmKernel } from './wasm-kernel.ts';
import { wordsWasm } from './words-wasm.ts';

/** Why `begin` and `resume` came back. */
export const wordReasons = { ended: 0, missing: 1, unusual: 2 } as const;

/** Addresses are bytes of the fixed memory. What each does says assembly/words.ts. */
export interface WordKernel {
  table(slots: number, mask: number, value: number, batch: number): void;
  begin(at: number, to: number): number;
  resume(emptied: boolean): number;
  from(): number;
  to(): number;
  words(): number;
}

/** The kernel of a memory; made once. */
export const wordKernelOf: (memory: TaskMemory) => WordKernel = wasmKernel(wordsWasm);
