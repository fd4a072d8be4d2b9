// Rows of csv that go from their bytes into a table, against the same rows read as records: the run files have the same bytes,
// and what is wrong with a row is told in the same words with the same place.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import type { Column, ColumnType, FoldedColumn, Format, Shuffle } from '@sheaf/protocol/graph';
import { runWriterBytes } from '@sheaf/protocol/graph';
import { BadRecord, makeDecoder, type Position } from '@sheaf/storage';
import { afterAll, describe, expect } from 'vitest';
import { giveRows } from '../../../packages/worker/src/executor/input/csv-rows.ts';
import { Progress } from '../../../packages/worker/src/executor/progress.ts';
import { EdgeWriter } from '../../../packages/worker/src/executor/shuffle/edge-writer.ts';
import { jobOfFunctions, testAttempt, testJobId } from './shuffle.ts';

const job = jobOfFunctions([]);
const folder = mkdtempSync(join(tmpdir(), 'sheaf-csv-rows-'));
afterAll(() => rmSync(folder, { recursive: true }));

type CsvFormat = Extract<Format, { readonly type: 'csv' }>;

interface Case {
  readonly content: Uint8Array;
  readonly format: CsvFormat;
  readonly shuffle: Shuffle;
  readonly cuts?: readonly number[];
  readonly chunk?: number;
}

interface Told {
  readonly run: string;
  readonly records: number;
  readonly error: string | null;
  readonly position: Position;
}

/** How many rows were taken as bytes, so that a test can tell that the two ways are two. */
let taken = 0;

function told({ content, format, shuffle, cuts = [], chunk = 65_536 }: Case, asBytes: boolean): Told {
  const { memory } = job;
  memory.reset();
  const window = memory.reserve(300_000);
  const blocks = memory.reserve(runWriterBytes);
  const region = memory.reserve(3_000_000);
  const progress = new Progress(() => {});
  const path = join(folder, 'run');
  const edge = new EdgeWriter({
    ...{ job, edge: { type: 'shuffle', from: 0, to: 1, shuffle }, partitions: 3, region, blocks, path, progress },
    ids: { job: testJobId, stage: 0, task: 0, attempt: testAttempt, edge: 0 },
    recordBytesMax: 100_000,
    tooLarge: () => {
      throw new RangeError('too large');
    },
  });
  const decoder = makeDecoder(format, { recordBytesMax: 100_000 });
  const input = { type: 'files', paths: [], format, schema: null } as const;
  if (asBytes) giveRows(decoder, { input, edge, job, recordBytesMax: 100_000, progress });
  const borders = [0, ...[...cuts].sort((a, b) => a - b), content.length];
  // Pieces behind the first one take the header from the file.
  const file = join(folder, 'sales.csv');
  if (cuts.length > 0) writeFileSync(file, content);
  let tick = 0;
  const each = (record: unknown): void => {
    edge.add(record);
    progress.tick();
    tick++;
  };
  try {
    for (let i = 0; i + 1 < borders.length; i++) {
      let start = decoder.begin({ file, from: borders[i]!, to: borders[i + 1]! });
      let stop = start;
      for (let final = false; !decoder.done && !final; ) {
        stop = Math.min(content.length, stop + chunk);
        final = stop === content.length;
        memory.bytes.fill(0x2c, window.from, window.from + 7 + stop - start + 20);
        memory.bytes.set(content.subarray(start, stop), window.from + 7);
        const begin = window.from + 7;
        start += decoder.decode(memory.bytes, begin, begin + stop - start, final, each) - begin;
      }
    }
  } catch (error) {
    edge.abandon();
    if (!(error instanceof BadRecord)) throw error;
    return { run: '', records: progress.records, error: error.message, position: { ...decoder.position } };
  }
  if (asBytes) taken += progress.records - tick;
  const { hash } = edge.finish().output;
  return {
    run: `${hash} ${readFileSync(path).toString('hex')}`,
    records: progress.records,
    error: null,
    position: { ...decoder.position },
  };
}

function check(one: Case): void {
  const { position, ...asBytes } = told(one, true);
  const { position: place, ...asRecords } = told(one, false);
  expect(asBytes).toEqual(asRecords);
  if (asBytes.error !== null) expect(position).toEqual(place);
}

const column = (name: string) => ({ type: 'column', name }) as const;
const folds: readonly FoldedColumn[] = [
  { name: 'n', fold: 'count', of: { type: 'record' } },
  { name: 'sum', fold: 'sum', of: column('amount') },
  { name: 'mean', fold: 'mean', of: column('size') },
  { name: 'least', fold: 'min', of: column('amount') },
  { name: 'most', fold: 'max', of: column('size') },
  { name: 'variance', fold: 'variance', of: column('amount') },
];
const by = (key: string): Pick<Shuffle, 'key' | 'group' | 'partitioner'> => ({
  key: [{ select: column(key), desc: false }],
  group: 1,
  partitioner: { type: 'hash' },
});
const shuffleOf = (key: string, fold: string): Shuffle => {
  if (fold === 'columns') return { ...by(key), value: { type: 'record' }, combine: { type: 'columns', columns: folds } };
  const value = fold === 'count' ? ({ type: 'constant', value: 1 } as const) : column('amount');
  const name = fold === 'count' ? 'sum' : (fold as 'sum' | 'min' | 'max');
  return { ...by(key), value, combine: { type: 'built-in', name } };
};

const plain = fc.constantFrom(
  'a',
  'b',
  'été',
  '',
  'ann',
  'x'.repeat(57),
  'x'.repeat(58),
  'y'.repeat(70),
  '\u0001',
  '\u0000z',
  '\u{1f600}',
  ' ',
);
const text = fc.oneof(
  plain,
  plain,
  plain.map(cell => `"${cell}"`),
  fc.constantFrom('"a ""b"""', '"a,b"', '"a\nb"', '"a', 'a"b', '"a"b', '\r', '"\r"'),
);
const number = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(n => (n / 100).toFixed(2)),
  fc.constantFrom('0', '-0', '-0.0', '1e3', '1.5E-2', '123456789', '1234567890', '123456789012345', '1234567890123456', '9007199254740993'),
  fc.constantFrom('0.1', '12.3456789012345', '999999999.99999', '1234567890.12345', '"7"', '"7.50"', '0.000000000000001'),
);
const badNumber = fc.constantFrom('', '01', '1.', '.5', '+1', '1 ', 'x', '-', '1e', '1.2.3', '"1', '""', '1""', '1\u0000', 'NaN', '1_0');
const day = fc.oneof(
  fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }).map(date => date.toISOString().slice(0, 10)),
  fc.constantFrom('2024-02-29', '2025-02-25', '1970-01-01', '2025-02-25T10:00', '0000-02-29', '1900-03-01', '"2025-02-25"'),
);
const badDay = fc.constantFrom('2023-02-29', '2025-04-31', '2025-13-01', '2025-00-10', '2025-1-1', '', '2025-02-255', '2025/02/25');
const flag = fc.constantFrom('true', 'false', '"true"');
const badFlag = fc.constantFrom('True', 'tru', '', 'falsey', '0');
const cellOf: { readonly [Type in ColumnType]?: readonly [fc.Arbitrary<string>, fc.Arbitrary<string>] } = {
  ...{ text: [text, text], number: [number, badNumber], date: [day, badDay], boolean: [flag, badFlag] },
  integer: [fc.oneof(fc.integer().map(String), fc.maxSafeInteger().map(String), fc.constantFrom('-0', '0')), fc.oneof(badNumber, number)],
};

/** The columns of the header; those that a test names are `amount`, `size` and its key. */
const types: { readonly [name: string]: ColumnType } = {
  user: 'text',
  amount: 'number',
  size: 'integer',
  day: 'date',
  ok: 'boolean',
  rate: 'number',
  note: 'text',
};

interface Table {
  readonly columns: readonly Column[];
  readonly header: readonly string[];
  readonly rows: readonly string[];
}

function tables(badOf: number): fc.Arbitrary<Table> {
  const named = fc
    .record({
      more: fc.subarray(['user', 'day', 'ok', 'rate', 'note']),
      optional: fc.subarray(['user', 'day', 'ok', 'rate', 'note']),
      order: fc.shuffledSubarray(Object.keys(types), { minLength: 7, maxLength: 7 }),
    })
    .map(({ more, optional, order }) => {
      const columns = ['amount', 'size', ...more].map((name): Column => ({ name, type: types[name]!, optional: optional.includes(name) }));
      return { columns, header: order };
    });
  return named.chain(({ columns, header }) => {
    const cells = header.map(name => {
      const { optional = false } = columns.find(one => one.name === name) ?? {};
      const [good, bad] = cellOf[types[name]!]!;
      const filled = optional ? fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: fc.constantFrom('', '""') }) : good;
      return fc.oneof({ weight: badOf, arbitrary: filled }, { weight: 1, arbitrary: bad });
    });
    const row = fc.oneof(
      { weight: badOf * 2, arbitrary: fc.tuple(...cells).map(row => row.join(',')) },
      { weight: 1, arbitrary: fc.constantFrom('', ',', '1,2', 'a,b,c,d,e,f,g,h', ',,,,,,') },
    );
    return fc.array(row, { maxLength: 40, size: 'max' }).map(rows => ({ columns, header, rows }));
  });
}

function casesOf(badOf: number): fc.Arbitrary<Case> {
  const shape = fc.record({
    ...{ multiline: fc.boolean(), end: fc.constantFrom('\n', '\r\n'), ended: fc.boolean(), mark: fc.boolean() },
    ...{ fold: fc.constantFrom('columns', 'count', 'sum', 'min', 'max'), keyAt: fc.nat(), chunk: fc.integer({ min: 1, max: 400 }) },
    ...{ cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }), broken: fc.nat(2_000) },
  });
  return fc.tuple(tables(badOf), shape).map(([{ columns, header, rows }, how]) => {
    const lines = [header.join(','), ...rows].join(how.end) + (how.ended ? how.end : '');
    const content = new Uint8Array(Buffer.from(`${how.mark ? '\ufeff' : ''}${lines}`));
    // Now and then a byte that makes a window no UTF-8.
    if (how.broken < 200 && content.length > 100) content[100 + (how.broken % (content.length - 100))] = 0xff;
    const format: CsvFormat = { type: 'csv', separator: ',', header: true, multiline: how.multiline, columns };
    const shuffle = shuffleOf(columns[how.keyAt % columns.length]!.name, how.fold);
    // Pieces of a file with line breaks in cells are cut by a scan, so only those without are cut here.
    const cuts = how.multiline ? [] : how.cuts.map(share => Math.floor(share * content.length));
    return { content, format, shuffle, cuts, chunk: how.chunk };
  });
}

describe('rows that are taken as bytes', () => {
  test.prop([casesOf(500)], { numRuns: 150 })('make the run that their records make', check);

  test.prop([casesOf(12)], { numRuns: 200 })('are refused as their records are', check);

  test('are most rows', () => {
    taken = 0;
    const rows = Array.from(
      { length: 2_000 },
      (_, i) => `${i % 300},2025-02-${10 + (i % 19)},c${i % 7},${(i * 7919) % 10_000}.25,"say, ""no"""`,
    );
    const columns: Column[] = [
      { name: 'user', type: 'integer', optional: false },
      { name: 'day', type: 'date', optional: false },
      { name: 'amount', type: 'number', optional: false },
    ];
    const content = new Uint8Array(Buffer.from(`user,day,category,amount,note\n${rows.join('\n')}\n`));
    const format: CsvFormat = { type: 'csv', separator: ',', header: true, multiline: true, columns };
    for (const key of ['user', 'day', 'amount']) check({ content, format, shuffle: shuffleOf(key, 'sum'), chunk: 7_000 });
    check({ content, format: { ...format, separator: ';', header: ['user', 'day', 'amount'] }, shuffle: shuffleOf('user', 'count') });
    expect(taken).toBe(3 * 2_000);
  });

  test('are taken with a header of their own in each file, and by position without one', () => {
    const columns: Column[] = ['user', 'amount'].map(name => ({ name, type: name === 'user' ? 'text' : 'number', optional: false }));
    const format: CsvFormat = { type: 'csv', separator: '\t', header: false, multiline: false, columns };
    const content = new Uint8Array(Buffer.from('ann\t1\nbob\t2.5\nann\t-3\n\ncy\t4'));
    taken = 0;
    check({ content, format, shuffle: shuffleOf('user', 'sum') });
    // The row behind the blank one has no line end.
    expect(taken).toBe(3);
  });

  test('end at a CR LF that is no part of the last cell, however little is left of it', () => {
    const columns: Column[] = ['amount', 'user'].map(name => ({ name, type: name === 'user' ? 'text' : 'number', optional: false }));
    const format: CsvFormat = { type: 'csv', separator: ',', header: true, multiline: false, columns };
    const content = new Uint8Array(Buffer.from('amount,user\r\n1,\r\n2,a\r\n3,\r\r\n4,""\r\n5,"a"\r\n'));
    taken = 0;
    check({ content, format, shuffle: shuffleOf('user', 'sum') });
    expect(taken).toBe(5);
  });
});
