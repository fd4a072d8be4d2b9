// Forty short documents over one vocabulary, with capitals and punctuation.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

const vocabulary = (
  'sheaf harvest field barn rain wheat rye mill stone river bread oven table window door road cart horse wheel winter ' +
  'spring summer autumn morning evening lantern Österreich naïve Łódź señor straße'
).split(' ');
const marks = [' ', ' ', ' ', ', ', '. ', ' (', ') ', ' — ', "'s "];

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  const random = seededRandom(2);
  const documents = join(folder, 'documents');
  mkdirSync(documents);
  for (let number = 1; number <= 40; number++) {
    const words = Array.from({ length: 50 + random.below(400) }, () => `${random.pick(vocabulary)}${random.pick(marks)}`);
    const lines = words.map((word, i) => (i % 11 === 10 ? `${word.toUpperCase()}\n` : word));
    writeFileSync(join(documents, `document-${String(number).padStart(2, '0')}.txt`), lines.join(''));
  }
  return { in: documents };
}
