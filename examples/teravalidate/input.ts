// Sorted records in three parts, in which two things are wrong: two neighbours have changed places, and the first record of the
// last part belongs at its end.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sortedByKey, teraRecords } from '../tera-records.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string, rows = 60_000): { readonly in: string } {
  const records = sortedByKey(teraRecords(rows)).map(record => `${record}\n`);
  const third = Math.ceil(rows / 3);
  const parts = [records.slice(0, third), records.slice(third, 2 * third), records.slice(2 * third)] as const;
  parts[0].splice(100, 2, parts[0][101]!, parts[0][100]!);
  parts[2].unshift(parts[2].pop()!);
  const path = join(folder, 'sorted');
  mkdirSync(path);
  for (const [number, part] of parts.entries()) writeFileSync(join(path, `part-0000${number}.txt`), part.join(''));
  return { in: path };
}
