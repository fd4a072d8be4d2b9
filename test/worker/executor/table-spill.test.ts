// Entries of a table that are gathered into blocks in WebAssembly, against the same entries put one by one: the same file.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { type FoldedColumn, runWriterBytes, type Shuffle } from '@sheaf/protocol/graph';
import { afterAll, expect } from 'vitest';
import { RunWriter } from '../../../packages/worker/src/data/run-writer.ts';
import { Combining } from '../../../packages/worker/src/executor/shuffle/combining.ts';
import { partitioningOf } from '../../../packages/worker/src/executor/shuffle/partitioner.ts';
import { sortedTable } from '../../../packages/worker/src/executor/shuffle/spill-index.ts';
import { numbersBytesMax, putTable } from '../../../packages/worker/src/executor/shuffle/spill-records.ts';
import { entryWords } from '../../../packages/worker/src/kernels/arena-sort.ts';
import { batchKernelOf } from '../../../packages/worker/src/kernels/key-batch.ts';
import { jobOfFunctions, testAttempt, testJobId } from './shuffle.ts';

const latest = (_: unknown, b: unknown): unknown => b;
const job = jobOfFunctions([latest]);
const { memory } = job;
const folder = mkdtempSync(join(tmpdir(), 'sheaf-table-spill-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Leaves nothing to a kernel. */
class OneByOne extends RunWriter {
  override roomFrom(): number {
    return -1;
  }
}

interface Row {
  readonly key: unknown;
  readonly order: number;
  readonly value: unknown;
}

const item = (name: string) => ({ type: 'column', name }) as const;

function check(rows: readonly Row[], shuffle: Shuffle): void {
  const written = [RunWriter, OneByOne].map(Writer => {
    memory.reset();
    const region = memory.reserve(3_000_000);
    const blocks = memory.reserve(runWriterBytes);
    const combining = new Combining({ job, shuffle, region, recordBytesMax: 500_000 });
    combining.begin({
      spill: () => expect.fail('the table is large enough'),
      tooLarge: () => expect.fail('the records are small enough'),
    });
    for (const row of rows) combining.table.add(row);
    const ordered = shuffle.key.length > shuffle.group;
    const { columns, layout, table } = combining;
    const entries = (region.from + numbersBytesMax(columns)) >>> 2;
    const target = { memory, entries, partitions: 3, partitioning: partitioningOf(shuffle, 3, job) };
    const spare = ((region.to - table.count() * entryWords * 4) & ~15) >>> 2;
    const index = sortedTable(target, { entriesAt: layout.entriesAt, count: table.count(), spare });
    const ids = { job: testJobId, stage: 0, task: 0, attempt: testAttempt, edge: 0 };
    const path = join(folder, 'run');
    const run = new Writer({ ...{ memory, region: blocks, path, ids, ordered }, partitions: 3, indexBlocks: false, codec: 'raw' });
    run.beginSegment();
    const kernel = batchKernelOf(memory);
    const bytes = putTable(run, index, { kernel, ordered, numbersAt: region.from, floats: memory.floats, columns });
    run.endSegment();
    return { bytes, hash: run.finish().hash, file: createHash('sha256').update(readFileSync(path)).digest('hex') };
  });
  expect(written[0]).toEqual(written[1]);
}

const number = fc.oneof(
  fc.constantFrom(0, -0, 1, 127, 128, 8_319, 8_320, -1, -128, -129, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1 - 2 ** 53, 0.1, 1e300),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 31, 2 ** 32, 16_384, 2_097_152, 2 ** 42, 2 ** 49),
  fc.maxSafeInteger(),
  fc.double(),
);
const key = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 6, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.constant('x'.repeat(40_000)) },
);
const rowsOf = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Row[]> =>
  fc.array(fc.record({ key, order: fc.nat(3), value }), { maxLength: 300, size: 'max' });
const byKey = { select: item('key'), desc: false };
const shuffleOf = (parts: Partial<Shuffle>): Shuffle => ({
  ...{ key: [byKey], group: 1, value: item('value'), combine: { type: 'built-in', name: 'max' }, partitioner: { type: 'hash' } },
  ...parts,
});

test.prop([rowsOf(number)], { numRuns: 50 })('of one number', rows => check(rows, shuffleOf({})));

test.prop([rowsOf(number)], { numRuns: 50 })('of groups with an order', rows => {
  check(rows, shuffleOf({ key: [byKey, { select: item('order'), desc: true }] }));
});

test.prop([rowsOf(fc.oneof(number, fc.string(), fc.constant(null)))], { numRuns: 50 })('of values that are no numbers, too', rows => {
  check(rows, shuffleOf({ combine: { type: 'function', function: { role: 'fold', index: 0, code: '' } } }));
});

test.prop([rowsOf(number), fc.integer({ min: 1, max: 20 })], { numRuns: 50 })('of several numbers', (rows, width) => {
  const columns = Array.from(
    { length: width },
    (_, i): FoldedColumn => ({ name: `c${i}`, fold: i % 2 === 0 ? 'sum' : 'count', of: item('value') }),
  );
  check(rows, shuffleOf({ value: { type: 'record' }, combine: { type: 'columns', columns } }));
});
