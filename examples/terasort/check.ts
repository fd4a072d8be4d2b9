// Sorts the records in memory and compares all of them.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf } from '../output.ts';
import { sortedByKey } from '../tera-records.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const files = readdirSync(params.in).sort();
  const records = files.flatMap(name => readFileSync(join(params.in, name), 'latin1').split('\n').slice(0, -1));
  const lines = linesOf(params.out);
  assert.equal(lines.length, records.length);
  sortedByKey(records).forEach((record, i) => {
    assert.equal(lines[i], record);
  });
  return `${lines.length} records in order`;
}
