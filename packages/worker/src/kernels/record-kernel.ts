// The loops in WebAssembly that move whole records (assembly/records.ts), on the fixed memory of an executor.

import type { TaskMemory } from '../data/memory.ts';
import { recordsWasm } from './records-wasm.ts';
import { wasmKernel } from './wasm-kernel.ts';

/** What `merge` writes of a record. */
export const mergeModes = { wholeRecords: 0, textKeys: 1, textValues: 2 } as const;
export type MergeMode = (typeof mergeModes)[keyof typeof mergeModes];

/** Why `merge` came back. */
export const mergeReasons = { allDone: 0, needsBlock: 1, isFull: 2, isOther: 3 } as const;

/** A merge of cursors. Addresses are bytes of the fixed memory. What each does says assembly/merge-tree.ts. */
export interface TreeKernel {
  begin(states: number, stride: number, count: number, withSides: boolean, highAt: number, highLength: number): void;
  kind(cursor: number, side: number, ordered: boolean): void;
  block(cursor: number, from: number, to: number): void;
  finish(cursor: number): void;
  /** 1: it stands on a record, or has ended; 0: it needs a block. */
  step(cursor: number): number;
  isBelow(cursor: number, keyAt: number, keyLength: number): number;
  start(): void;
  winner(): number;
  take(): void;
}

/** What each does says assembly/records.ts. */
export interface RecordKernel extends TreeKernel {
  merge(mode: number, from: number, to: number): number;
  gather(entry: number, entriesEnd: number, ordered: boolean, from: number, to: number): number;
  gatherGroups(entry: number, entriesEnd: number, from: number, to: number): number;
  outEnd(): number;
  movedBytes(): number;
  movedRecords(): number;
}

/** The kernel of a memory; made once. */
export const recordKernelOf: (memory: TaskMemory) => RecordKernel = wasmKernel(recordsWasm);
