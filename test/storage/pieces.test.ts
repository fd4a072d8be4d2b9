// However a file is cut into pieces, and in windows of whatever size it is read: its records come once, in order, each with
// its offset. Held for all line formats against the reading of the whole file at once.

import { fc, test } from '@fast-check/vitest';
import type { Format } from '@sheaf/protocol/graph';
import { makeDecoder } from '@sheaf/storage';
import { describe, expect } from 'vitest';
import { readPieces, type Seen } from './read-pieces.ts';

const csv: Format = { type: 'csv', separator: ',', header: ['a', 'b'], multiline: false, columns: null };
const formats: readonly (readonly [string, Format])[] = [
  ['text', { type: 'text', unit: 'line' }],
  ['jsonl', { type: 'jsonl', columns: null }],
  ['csv without a header', csv],
  ['csv by position', { ...csv, header: false }],
];

const bits = ['a', 'b,c', '"x, y"', '"q""q",', 'é', '€', '😀', '\u2028', '\r', '\n', '\r\n', '\n\n', ' ', '{"k":1}', '[1]', '12', '"'];
const bytes = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...bits).map(text => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.constantFrom([0xff], [0xc3], [0xef, 0xbb, 0xbf], [0]).map(list => Buffer.from(list)) },
);
const content = fc
  .tuple(fc.boolean(), fc.array(bytes, { maxLength: 40 }))
  .map(([mark, parts]) => Buffer.concat([Buffer.from(mark ? '\ufeff' : ''), ...parts]));
const cut = fc.oneof(fc.nat(80), fc.nat(4));
const reading = fc.record({ cuts: fc.array(cut, { maxLength: 6 }), chunk: fc.integer({ min: 1, max: 30 }) });

function withoutIndex(seen: readonly Seen[]): unknown[] {
  return seen.map(({ record, offset, length, bad }) => ({ record, offset, length, bad }));
}

describe.each(formats)('%s', (_, format) => {
  test.prop([content, reading], { numRuns: 400 })('pieces together are the whole', (file, { cuts, chunk }) => {
    const decoder = () => makeDecoder(format, { recordBytesMax: 1_000 });
    const whole = readPieces(decoder(), file);
    const inside = cuts.filter(cut => cut <= file.length);
    const pieces = readPieces(decoder(), file, { cuts: inside, chunk });
    expect(withoutIndex(pieces)).toEqual(withoutIndex(whole));
    expect(pieces.map(seen => seen.index)).toEqual(pieces.map((_, index) => index));
  });
});

describe('text, the reference of line borders', () => {
  test.prop([content])('lines are those of a plain split', file => {
    const lines = file
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .split('\n');
    if (lines.at(-1) === '') lines.pop();
    const expected = lines.map((line, i) => (i < lines.length - 1 || file.at(-1) === 10 ? line.replace(/\r$/, '') : line));
    const decoder = makeDecoder({ type: 'text', unit: 'line' }, { recordBytesMax: 1_000 });
    expect(readPieces(decoder, file).map(seen => seen.record)).toEqual(expected);
  });
});

describe('jsonl', () => {
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.array(fc.string({ unit: 'grapheme' })),
    fc.dictionary(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true })),
  );
  test.prop([fc.array(value), fc.constantFrom('\n', '\r\n', '\n\n \n'), reading])(
    'records are the values',
    (values, end, { cuts, chunk }) => {
      const lines = values.map(of => JSON.stringify(of));
      const file = Buffer.from(lines.join(end));
      const decoder = makeDecoder({ type: 'jsonl', columns: null }, { recordBytesMax: 100_000 });
      const seen = readPieces(decoder, file, { cuts: cuts.filter(cut => cut <= file.length), chunk });
      expect(seen.map(of => of.record)).toEqual(lines.map(line => JSON.parse(line)));
      for (const { offset, length, record } of seen) expect(JSON.parse(file.subarray(offset, offset + length).toString())).toEqual(record);
    },
  );
});
