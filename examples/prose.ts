// Made-up prose: the input of the examples that read text, and how their checks read it back. A few phrases come again and
// again, so that there are n-grams to be found.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, seededRandom } from './random.ts';

const words = (
  'the a of and sheaf harvest field barn rain wheat rye mill stone river bread oven table window door road cart horse wheel winter ' +
  'spring summer autumn morning evening lantern neighbour threshing granary scythe furrow meadow orchard Österreich naïve Łódź straße'
).split(' ');
const phrases = ['in the morning', 'at the end of the day', 'a sheaf of wheat', 'once upon a time', 'the miller said'];
const ends = ['', '', '', '', ',', '.', ';', '!'];

/** Writes `files` texts of `lines` lines each into `folder`/texts and gives that folder. */
export function writeProse(folder: string, { files, lines, seed }: { files: number; lines: number; seed: number }): string {
  const random = seededRandom(seed);
  const texts = join(folder, 'texts');
  mkdirSync(texts);
  for (let number = 1; number <= files; number++) {
    const text = Array.from({ length: lines }, () => `${lineOf(random)}\n`).join('');
    writeFileSync(join(texts, `text-${String(number).padStart(2, '0')}.txt`), text);
  }
  return texts;
}

/** The texts in a folder, by name. */
export function textsIn(folder: string): { readonly name: string; readonly text: string }[] {
  const names = readdirSync(folder).sort();
  return names.map(name => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

/** Everything between white space, of all texts in a folder. */
export function wordsIn(folder: string): string[] {
  return textsIn(folder).flatMap(({ text }) => text.split(/\s+/).filter(Boolean));
}

function lineOf(random: Random): string {
  const pieces = Array.from(
    { length: random.below(10) },
    () => `${random.pick(random.below(6) === 0 ? phrases : words)}${random.pick(ends)}`,
  );
  return pieces.join(' ');
}
