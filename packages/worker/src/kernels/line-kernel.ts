// The loop in WebAssembly that puts lines into an arena (assembly/lines.ts), on the fixed memory of an executor.

import type { TaskMemory } from '../data/memory.ts';
import { linesWasm } from './lines-wasm.ts';
import { wasmKernel } from './wasm-kernel.ts';

/** Why `take` came back. */
export const lineReasons = { ended: 0, isFull: 1, isOther: 2 } as const;

/** Addresses are bytes of the fixed memory. What each does says assembly/lines.ts. */
export interface LineKernel {
  shape(cutFrom: number, cutTo: number, withValue: boolean, bytesMax: number, recordBytesMax: number): void;
  arena(top: number, accounted: number, count: number): void;
  take(from: number, to: number): number;
  position(): number;
  taken(): number;
  arenaTop(): number;
  accountedBytes(): number;
  records(): number;
}

/** The kernel of a memory; made once. */
export const lineKernelOf: (memory: TaskMemory) => LineKernel = wasmKernel(linesWasm);
