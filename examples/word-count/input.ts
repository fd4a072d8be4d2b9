// Three files of made-up prose, one of them packed, some of it not ASCII.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Random, seededRandom } from '../random.ts';

const syllables = ['ka', 'lo', 'mi', 'ren', 'su', 'ta', 'vor', 'é', 'ñu', 'þa', '語', 'qui', 'zed', 'on', 'ist'];

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  const random = seededRandom(1);
  const words = Array.from({ length: 3_000 }, () => wordOf(random));
  const books = join(folder, 'books');
  mkdirSync(books);
  writeFileSync(join(books, 'one.txt'), proseOf(random, words, '\n'));
  writeFileSync(join(books, 'two.txt'), proseOf(random, words, '\r\n'));
  writeFileSync(join(books, 'three.txt.gz'), gzipSync(proseOf(random, words, '\n')));
  return { in: books };
}

function wordOf(random: Random): string {
  return Array.from({ length: 1 + random.below(4) }, () => random.pick(syllables)).join('');
}

function proseOf(random: Random, words: readonly string[], lineEnd: string): string {
  const lineOf = (): string => Array.from({ length: random.below(14) }, () => random.pick(words)).join(random.below(9) === 0 ? '\t ' : ' ');
  return Array.from({ length: 5_000 }, lineOf).join(lineEnd);
}
