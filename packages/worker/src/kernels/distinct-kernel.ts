// The loops in WebAssembly that find the distinct keys of an arena (assembly/distinct.ts), on the fixed memory of an executor.

import type { TaskMemory } from '../data/memory.ts';
import { distinctWasm } from './distinct-wasm.ts';
import { wasmKernel } from './wasm-kernel.ts';

/** Of fewer records it is not worth the while, and there might be no room. */
export const distinctRecordsMin = 1_024;

/** Addresses are bytes of the fixed memory. What each does says assembly/distinct.ts. */
export interface DistinctKernel {
  number(firstEntry: number, count: number, spareEntry: number): number;
  keysAt(): number;
  expand(): void;
}

/** The kernel of a memory; made once. */
export const distinctKernelOf: (memory: TaskMemory) => DistinctKernel = wasmKernel(distinctWasm);
