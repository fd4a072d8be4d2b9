// Whether what a run wrote is right, whoever wrote it: told by the input alone, read here with nothing of Sheaf.

import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, type Input } from '../data/data-folder.ts';
import { lineBytes } from '../data/generate.ts';
import { outputOf } from '../peers/peer-job.ts';

const chunkBytes = 10_000 * lineBytes;
const keyBytes = 10;
const blank = 32;

/** What a run wrote: one file, or parts in order. */
export function outputFiles(folder: string): string[] {
  const out = outputOf(folder);
  return statSync(out).isDirectory() ? partsOf(out) : [out];
}

export function partsOf(folder: string): string[] {
  const names = readdirSync(folder).filter(name => name.startsWith('part-'));
  return names.sort().map(name => join(folder, name));
}

/** All words are there: the counts, at the end of each line, are together as many as the input has words. */
export async function checkWordCount(folder: string, input: Input): Promise<void> {
  let counted = 0;
  for (const path of outputFiles(folder)) {
    for (const [, count] of readFileSync(path, 'utf8').matchAll(/(\d+)\}?$/gm)) counted += Number(count);
  }
  expectEqual('words were counted', counted, blanksOf(input));
}

/** Every place of every word is there: a line has a word and its documents, parted by single blanks. */
export async function checkIndex(folder: string, input: Input): Promise<void> {
  let places = 0;
  for (const path of outputFiles(folder)) for (const chunk of chunksOf(path)) places += countBlanks(chunk) - countLines(chunk);
  let lines = 0;
  for (const path of filesOf(input.path)) for (const chunk of chunksOf(path)) lines += countLines(chunk);
  expectEqual('words are in the index', places, blanksOf(input) - lines);
}

/** All lines are there, none before one with a smaller key. */
export async function checkSorted(folder: string, input: Input): Promise<void> {
  const sorted = linesOf(outputFiles(folder));
  const given = linesOf(filesOf(input.path));
  expectEqual('lines stand behind a larger one', sorted.misplaced, 0);
  expectEqual('lines were sorted', sorted.count, given.count);
  expectEqual('is the sum of the lines', sorted.sum, given.sum);
}

function expectEqual(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`the result is wrong: ${found} ${what}, not ${expected}`);
}

interface Lines {
  readonly count: number;
  readonly misplaced: number;
  /** Of hashes of the lines, in whatever order they come. */
  readonly sum: number;
}

function linesOf(paths: readonly string[]): Lines {
  const before = new Uint8Array(keyBytes);
  let [count, misplaced, sum] = [0, 0, 0];
  for (const path of paths) {
    for (const chunk of chunksOf(path)) {
      const words = new Int32Array(chunk.buffer, chunk.byteOffset, chunk.length >> 2);
      for (let at = 0; at + lineBytes <= chunk.length; at += lineBytes) {
        if (comparedKeys(chunk, at, before) < 0) misplaced += 1;
        for (let byte = 0; byte < keyBytes; byte++) before[byte] = chunk[at + byte] ?? 0;
        let hash = 0;
        for (let word = at >> 2; word < (at + lineBytes) >> 2; word++) hash = Math.imul(hash ^ (words[word] ?? 0), 0x01000193);
        sum = (sum + hash) | 0;
        count += 1;
      }
    }
  }
  return { count, misplaced, sum };
}

function comparedKeys(chunk: Uint8Array, at: number, before: Uint8Array): number {
  for (let byte = 0; byte < keyBytes; byte++) {
    const difference = (chunk[at + byte] ?? 0) - (before[byte] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Words of generated text: behind each stands one blank. */
function blanksOf(input: Input): number {
  let blanks = 0;
  for (const path of filesOf(input.path)) for (const chunk of chunksOf(path)) blanks += countBlanks(chunk);
  return blanks;
}

function countBlanks(chunk: Uint8Array): number {
  let blanks = 0;
  for (let at = 0; at < chunk.length; at++) if ((chunk[at] ?? 0) <= blank) blanks += 1;
  return blanks;
}

function countLines(chunk: Uint8Array): number {
  let lines = 0;
  for (let at = 0; at < chunk.length; at++) if (chunk[at] === 10) lines += 1;
  return lines;
}

/** The same memory again and again. */
export function* chunksOf(path: string): Iterable<Uint8Array> {
  const buffer = new Uint8Array(chunkBytes);
  const descriptor = openSync(path, 'r');
  try {
    for (;;) {
      let filled = 0;
      for (let read = -1; read !== 0 && filled < chunkBytes; filled += read)
        read = readSync(descriptor, buffer, filled, chunkBytes - filled, null);
      if (filled === 0) return;
      yield buffer.subarray(0, filled);
    }
  } finally {
    closeSync(descriptor);
  }
}
