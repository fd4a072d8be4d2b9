// The checksum of blocks of run files (assembly/checksum.ts), on the fixed memory of an executor, where blocks are made and read.

import type { TaskMemory } from '../data/memory.ts';
import { checksumWasm } from './checksum-wasm.ts';
import { wasmKernel } from './wasm-kernel.ts';

export interface ChecksumKernel {
  /** Of so many bytes at an address; `seed` is the checksum of what comes before them, or 0. A signed number of 32 bits. */
  checksum(from: number, bytes: number, seed: number): number;
}

/** The kernel of a memory; made once. */
export const checksumKernelOf: (memory: TaskMemory) => ChecksumKernel = wasmKernel(checksumWasm);
