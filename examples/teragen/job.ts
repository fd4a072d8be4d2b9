// Makes records of a hundred bytes for terasort: a key of ten printable characters, a space, the row in 32 hexadecimal digits, a
// space, 55 equal letters, a line feed. They depend on the row alone, so any number of workers makes the same ones.
//
//   sheaf run job.ts -p rows=10000000 -p out=records

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'teragen',
  params: z.object({ rows: z.coerce.number().int(), maps: z.coerce.number().int().positive().default(2), out: z.string() }),
  plan({ params: { rows, maps, out }, read }) {
    const size = Math.ceil(rows / maps);
    read(from.items(() => Array.from({ length: maps }, (_, map) => map * size)))
      .flatMap(function* (first) {
        for (let row = first; row < Math.min(first + size, rows); row++) yield recordOf(row);
      })
      .write(to.text(out));
  },
});

function recordOf(row: number): string {
  let key = '';
  for (let place = 0; place < 10; place++) key += String.fromCharCode(0x21 + (mixed(row * 10 + place) % 94));
  return `${key} ${row.toString(16).padStart(32, '0')} ${String.fromCharCode(0x41 + (row % 26)).repeat(55)}`;
}

/** 32 bits, each of which depends on every bit of the number: the finaliser of MurmurHash3. */
function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
