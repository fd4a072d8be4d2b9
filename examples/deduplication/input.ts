// Events that were sent until they were acknowledged: one in five came before, with another time. `-p rows=10000000` makes a file of
// 10 million.

import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

const kinds = ['view', 'view', 'search', 'order', 'refund'];

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string, rows = 100_000): { readonly in: string } {
  const random = seededRandom(21);
  const path = join(folder, 'events.csv');
  const file = openSync(path, 'w');
  writeSync(file, 'id,at,kind\n');
  let fresh = 0;
  for (let from = 0; from < rows; from += 10_000) {
    let lines = '';
    for (let row = from; row < Math.min(rows, from + 10_000); row++) {
      const number = fresh > 0 && random.below(5) === 0 ? random.below(fresh) : fresh++;
      lines += `${idOf(number)},${1_741_000_000_000 + row},${random.pick(kinds)}\n`;
    }
    writeSync(file, lines);
  }
  closeSync(file);
  return { in: path };
}

/** Ids in no order. */
function idOf(number: number): string {
  return `${(Math.imul(number, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')}-${number.toString(36)}`;
}
