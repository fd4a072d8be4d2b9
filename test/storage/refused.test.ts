// A decoder that is given a taker of bad records leaves them out in place of throwing: the good ones are the same, wherever the
// file is cut. What would lose more than one record without a word is thrown nevertheless.

import { statSync } from 'node:fs';
import { fc, test as property } from '@fast-check/vitest';
import type { Format } from '@sheaf/protocol/graph';
import { BadRecord, lineEndsBefore, lineEndsIn, makeDecoder } from '@sheaf/storage';
import { describe, expect, test } from 'vitest';
import { readPieces, type Seen } from './read-pieces.ts';
import { temporaryFolder, writeFiles } from './temporary.ts';

const csv: Format = {
  ...{ type: 'csv', separator: ',', header: ['a', 'b'], multiline: false },
  columns: [
    { name: 'a', type: 'integer', optional: false },
    { name: 'b', type: 'text', optional: false },
  ],
};
const formats: readonly (readonly [string, Format])[] = [
  ['csv', csv],
  ['jsonl', { type: 'jsonl', columns: [{ name: 'a', type: 'integer', optional: false }] }],
];

const rows = ['1,x', '2,"y, z"', 'x,1', '3', '4,"open', '5,a"b', '6,"a"b', '{"a":1}', '{"a":"1"}', '{', '[]', '', '\xff'];
const content = fc.array(fc.tuple(fc.constantFrom(...rows), fc.constantFrom('\n', '\r\n')), { maxLength: 30 });
const reading = fc.record({ cuts: fc.array(fc.nat(120), { maxLength: 5 }), chunk: fc.integer({ min: 1, max: 40 }) });

describe.each(formats)('%s', (_, format) => {
  property.prop([content, reading])('good records and refused ones are those that a throwing decoder has', (lines, { cuts, chunk }) => {
    const file = Buffer.from(lines.map(([line, end]) => line + end).join(''), 'latin1');
    const inside = cuts.filter(cut => cut <= file.length);
    const expected = readPieces(makeDecoder(format, { recordBytesMax: 1_000 }), file);
    const refused: (string | null)[] = [];
    const refusing = makeDecoder(format, { recordBytesMax: 1_000, refused: error => refused.push(error.message) });
    const good = readPieces(refusing, file, { cuts: inside, chunk });
    const placed = (seen: readonly Seen[]) => seen.map(({ record, offset, length }) => ({ record, offset, length }));
    expect(placed(good)).toEqual(placed(expected.filter(({ bad }) => bad === null)));
    expect(refused).toEqual(expected.filter(({ bad }) => bad !== null).map(({ bad }) => bad));
  });
});

describe('what cannot be skipped', () => {
  const refusing = (format: Format, refused: string[]) =>
    makeDecoder(format, { recordBytesMax: 1_000, refused: error => refused.push(error.message) });

  test('a header without a column that is asked for', () => {
    const format: Format = { ...csv, header: true };
    const decoder = refusing(format, []);
    decoder.begin({ file: '/data/file', from: 0, to: 8 });
    const window = Buffer.from('x,b\n1,2\n');
    expect(() => decoder.decode(window, 0, window.length, true, () => {})).toThrow('the header has no column a');
  });

  test('a quote that is never closed, where cells may have line breaks: nobody knows where the next row begins', () => {
    const refused: string[] = [];
    const decoder = refusing({ ...csv, multiline: true }, refused);
    const window = Buffer.from('x,1\n2,"open\n3,c\n');
    decoder.begin({ file: '/data/file', from: 0, to: window.length });
    const decode = () => decoder.decode(window, 0, window.length, true, () => {});
    expect(decode).toThrow(BadRecord);
    expect(refused).toHaveLength(1);
    expect(decoder.position.offset).toBe(6);
  });

  test('where they may not, its line is one bad record, and is named as a whole', () => {
    const refused: string[] = [];
    const decoder = refusing(csv, refused);
    const window = Buffer.from('2,"open\n3,c\n');
    decoder.begin({ file: '/data/file', from: 0, to: window.length });
    const records: unknown[] = [];
    const seen: number[] = [];
    decoder.decode(window, 0, window.length, true, record => {
      records.push(record);
      seen.push(decoder.position.offset);
    });
    expect(refused).toEqual(['the quote that opens here is never closed on its line']);
    expect({ records, seen }).toEqual({ records: [{ a: 3, b: 'c' }], seen: [8] });
  });
});

test('line ends are counted up to an offset', () => {
  const folder = temporaryFolder();
  const text = Buffer.from('a\nbb\r\n\nccc');
  writeFiles(folder, { 'a.txt': text });
  const path = `${folder}/a.txt`;
  const { size, mtimeMs } = statSync(path);
  const file = { path, size, modifiedMs: Math.floor(mtimeMs), packed: null };
  const ends = [...text.keys()].map(offset => lineEndsBefore(file, offset));
  expect(ends).toEqual([0, 0, 1, 1, 1, 1, 2, 3, 3, 3]);
  expect(lineEndsIn(text, 2, 7)).toBe(2);
});
