// Each row is there once, at its place, and is a hundred bytes of what they should be; its key is worked out with big integers.

import assert from 'node:assert/strict';
import { linesOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly rows: string; readonly out: string }): string {
  const lines = linesOf(params.out);
  assert.equal(lines.length, Number(params.rows));
  for (const [row, line] of lines.entries()) {
    assert.match(line, /^[!-~]{10} [0-9a-f]{32} ([A-Z])\1{54}$/);
    assert.equal(Number.parseInt(line.slice(11, 43), 16), row);
    if (row % 97 === 0) assert.equal(line.slice(0, 10), keyOf(row), `the key of row ${row}`);
  }
  const keys = new Set(lines.map(line => line.slice(0, 10)));
  assert.equal(keys.size, lines.length);
  return `${lines.length} rows of a hundred bytes, all keys different`;
}

function keyOf(row: number): string {
  return Array.from({ length: 10 }, (_, place) => {
    let hash = BigInt(row * 10 + place);
    hash = BigInt.asUintN(32, (hash ^ (hash >> 16n)) * 0x85ebca6bn);
    hash = BigInt.asUintN(32, (hash ^ (hash >> 13n)) * 0xc2b2ae35n);
    return String.fromCharCode(0x21 + Number((hash ^ (hash >> 16n)) % 94n));
  }).join('');
}
