// Walks the folder and looks at each file again.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { rowsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const expected = filesUnder(params.in)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(path => {
      const packed = readFileSync(path);
      const bytes = path.endsWith('.gz') ? gunzipSync(packed) : packed;
      const lines = bytes.toString('latin1').split('\n').length - 1;
      return { path, bytes: `${bytes.length}`, lines: `${lines}`, sha256: createHash('sha256').update(bytes).digest('hex') };
    });
  assert.deepEqual(rowsOf(params.out), expected);
  return `${expected.length} files, in order, each with its checksum`;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !/^[_.]/.test(name))
    .flatMap(entry => (entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)]));
}
