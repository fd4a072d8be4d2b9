// Friendships of 150 people, a few of them with many, some told by both.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  const random = seededRandom(15);
  const people = Array.from({ length: 150 }, (_, number) => `person-${String(number).padStart(3, '0')}`);
  const pairs = Array.from({ length: 900 }, () => [random.pick(people), random.pick(people)]);
  const friendships = pairs.filter(([one, other]) => one !== other).map(pair => `${pair.join()}\n`);
  const path = join(folder, 'friendships.csv');
  writeFileSync(path, `one,other\n${friendships.join('')}`);
  return { in: path };
}
