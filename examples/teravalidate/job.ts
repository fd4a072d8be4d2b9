// Checks what terasort wrote: how many records there are, the sum of their checksums, and how many stand behind one with a
// larger key. Files are cut and read side by side, so each stretch of a file says where it begins and with which key, and one
// reduce puts them together in order.
//
//   sheaf run job.ts -p in=sorted -p out=report

import { crc32 } from 'node:zlib';
import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

/** Records of one file that a task has read one after the other. */
interface Stretch {
  readonly file: string;
  readonly offset: number;
  readonly first: string;
  last: string;
  records: number;
  misplaced: number;
  checksum: bigint;
}

export default mapReduce({
  name: 'teravalidate',
  params: z.object({ in: z.string(), out: z.string() }),
  setup: (): Stretch[] => [],
  input: p => from.text(p.in),
  map(record, { state, where: { file, offset } }): [string, Stretch][] {
    const key = record.slice(0, 10);
    if (state.at(-1)?.file !== file) state.push({ file, offset, first: key, last: key, records: 0, misplaced: 0, checksum: 0n });
    const stretch = state.at(-1)!;
    if (key < stretch.last) stretch.misplaced++;
    stretch.last = key;
    stretch.records++;
    stretch.checksum += BigInt(crc32(`${record}\n`));
    return [];
  },
  *mapEnd({ state }) {
    for (const stretch of state) yield ['all', stretch];
  },
  sortValuesBy: ({ file, offset }) => [file, offset],
  *reduce(_, stretches) {
    let last = '';
    const all = { records: 0, misplaced: 0, checksum: 0n };
    for (const stretch of stretches) {
      all.records += stretch.records;
      all.misplaced += stretch.misplaced + (stretch.first < last ? 1 : 0);
      all.checksum += stretch.checksum;
      last = stretch.last;
    }
    yield { ...all, checksum: all.checksum.toString(16) };
  },
  output: p => to.csv(p.out),
});
