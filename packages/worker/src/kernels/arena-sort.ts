// Sorts the index of an arena: 16-byte entries of which the first two words are the kernel's, the third is the record's address and the
// fourth its partition. The order is partition, then key bytes, then address, which is the order of arrival; a key is read at
// `address + 8`, its length is the low 18 bits of the word at `address`.
//
// In WebAssembly (assembly/sort.ts): radix sort on 8-byte prefixes (Knuth, TAOCP 3, 5.2.5); stretches of equal prefixes are
// sorted again by the next 8 bytes. No key is a proper prefix of another (the key encoding is prefix-free), so padding a
// short key with zeros never makes two different keys equal.

import type { TaskMemory } from '../data/memory.ts';
import { sortWasm } from './sort-wasm.ts';
import { wasmKernel } from './wasm-kernel.ts';

export const entryWords = 4;
export const keyLengthMask = 0x3ffff;

export interface ArenaIndex {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** Word index of the first entry. */
  readonly entries: number;
  /** Word index of as much room again, for the passes to write into. */
  readonly spare: number;
  readonly count: number;
  readonly partitions: number;
}

/** Addresses are bytes of the fixed memory. What each does says assembly/sort.ts. */
export interface SortKernel {
  index(from: number, to: number, before: number, firstEntry: number): number;
  indexed(): number;
  begin(firstEntry: number, spareEntry: number, countsAt: number): void;
  sort(from: number, to: number, depth: number): number;
  nextStretch(from: number, to: number, depth: number): number;
  stretchEnd(): number;
  partition(firstEntry: number, count: number, groupAt: number, partitions: number): void;
  sortPartitions(count: number, partitions: number): void;
}

/** The kernel of a memory; made once. */
export const sortKernelOf: (memory: TaskMemory) => SortKernel = wasmKernel(sortWasm);

/** Sorts the entries in place. `skip`: bytes that all keys share and the prefix leaves out. */
export function sortArena(memory: TaskMemory, index: ArenaIndex, skip: number): void {
  const kernel = sortKernelOf(memory);
  kernel.begin(index.entries * 4, index.spare * 4, memory.counts.from);
  const stack: Stretch[] = [{ from: 0, to: index.count, depth: skip }];
  for (let stretch = stack.pop(); stretch !== undefined; stretch = stack.pop()) sortStretch(kernel, stretch, stack);
  if (index.partitions > 1) kernel.sortPartitions(index.count, index.partitions);
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

/** By the next 8 bytes; the stretches that those leave go on the stack. */
function sortStretch(kernel: SortKernel, { from, to, depth }: Stretch, stack: Stretch[]): void {
  if (kernel.sort(from, to, depth) !== 0) return;
  for (let at = kernel.nextStretch(from, to, depth + 8); at < to; at = kernel.nextStretch(kernel.stretchEnd(), to, depth + 8)) {
    stack.push({ from: at, to: kernel.stretchEnd(), depth: depth + 8 });
  }
}
