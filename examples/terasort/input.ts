// Records in two files, as teragen makes them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { teraRecords } from '../tera-records.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string, rows = 50_000): { readonly in: string } {
  const records = teraRecords(rows).map(record => `${record}\n`);
  const path = join(folder, 'records');
  mkdirSync(path);
  writeFileSync(join(path, 'part-00000.txt'), records.slice(0, rows / 2).join(''));
  writeFileSync(join(path, 'part-00001.txt'), records.slice(rows / 2).join(''));
  return { in: path };
}
