// Reads the file once from its beginning and remembers when each event came first. No two rows have the same time, so that the time
// says which of them was taken.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { linesOfFile } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const firsts = new Map<string, string>();
  let rows = -1;
  for (const line of linesOfFile(params.in)) {
    const [id = '', at = ''] = line.split(',');
    if (!firsts.has(id)) firsts.set(id, at);
    rows++;
  }
  firsts.delete('id');
  const distinct = firsts.size;
  for (const part of readdirSync(params.out).filter(name => name.startsWith('part-'))) {
    for (const line of linesOfFile(join(params.out, part))) {
      const [id = '', at] = line.split(',');
      if (id === 'id') continue;
      assert.equal(at, firsts.get(id), `${id} is not the first of its kind, or was written twice`);
      firsts.delete(id);
    }
  }
  assert.equal(firsts.size, 0);
  return `${rows} rows, ${distinct} of them distinct`;
}
