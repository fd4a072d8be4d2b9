// The merge in WebAssembly for what goes through records (assembly/merged.ts), on the fixed memory of an executor.

import type { TaskMemory } from '../data/memory.ts';
import { mergedWasm } from './merged-wasm.ts';
import type { TreeKernel } from './record-kernel.ts';
import { wasmKernel } from './wasm-kernel.ts';

/** Bytes before the key of a record that `merge` writes: four words, a float64, a word, and room to align. */
export const mergedHeadBytes = 32;

/** Addresses are bytes of the fixed memory. What each does says assembly/merged.ts; `merge` comes back as that of records does. */
export interface MergedKernel extends TreeKernel {
  numbers(scratch: number, count: number, perList: number, key: number): void;
  merge(from: number, to: number): number;
  outEnd(): number;
}

/** The kernel of a memory; made once. */
export const mergedKernelOf: (memory: TaskMemory) => MergedKernel = wasmKernel(mergedWasm);
