// The merge in WebAssembly that folds partial results (assembly/partials.ts), on the fixed memory of an executor.

import type { TaskMemory } from '../data/memory.ts';
import { partialsWasm } from './partials-wasm.ts';
import type { TreeKernel } from './record-kernel.ts';
import { wasmKernel } from './wasm-kernel.ts';

/** Bytes before the key of a record that `merge` writes: four words and a float64. */
export const partialHeadBytes = 24;

/** Addresses are bytes of the fixed memory. What each does says assembly/partials.ts; `merge` comes back as that of records does. */
export interface PartialKernel extends TreeKernel {
  numbers(scratch: number, count: number, perList: number, key: number): void;
  merge(from: number, to: number): number;
  outEnd(): number;
}

/** The kernel of a memory; made once. */
export const partialKernelOf: (memory: TaskMemory) => PartialKernel = wasmKernel(partialsWasm);
