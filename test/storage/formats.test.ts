// What the other tests of decoders do not hold: jsonl's bad records, csv pieces with the header of their file, whole files.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc, test as property } from '@fast-check/vitest';
import { FailureError } from '@sheaf/protocol';
import { makeDecoder } from '@sheaf/storage';
import { describe, expect, test } from 'vitest';
import { readPieces } from './read-pieces.ts';
import { temporaryFolder } from './temporary.ts';

describe('jsonl', () => {
  test('bad lines are named and stepped over', () => {
    const decoder = makeDecoder({ type: 'jsonl', columns: null }, { recordBytesMax: 1000 });
    const file = Buffer.concat([
      Buffer.from('\ufeff{"a":1}\r\n \t\r\n\n{"a":\n'),
      Buffer.from([0x22, 0xff, 0x22]),
      Buffer.from('\n"é"\nNaN\n[1,]'),
    ]);
    const seen = readPieces(decoder, file, { chunk: 5 });
    expect(seen.map(of => of.bad ?? of.record)).toEqual([
      { a: 1 },
      expect.stringMatching(/^is no JSON: .*end of JSON/),
      'its bytes are no UTF-8',
      'é',
      expect.stringMatching(/^is no JSON: /),
      expect.stringMatching(/^is no JSON: /),
    ]);
    expect(seen.map(of => [of.offset, of.length])).toEqual([
      [3, 7],
      [17, 5],
      [23, 3],
      [27, 4],
      [32, 3],
      [36, 4],
    ]);
  });

  test('a schema sees the columns, and what it throws is told', () => {
    const validate = (raw: unknown) => {
      const { n } = raw as { n: number };
      if (n > 1) throw new Error('n is too large');
      return { doubled: n * 2 };
    };
    const decoder = makeDecoder(
      { type: 'jsonl', columns: [{ name: 'n', type: 'number', optional: false }] },
      { recordBytesMax: 1000, validate },
    );
    expect(readPieces(decoder, Buffer.from('{"n":1}\n{"n":2}')).map(of => of.bad ?? of.record)).toEqual([{ doubled: 2 }, 'n is too large']);
  });

  test('a line beyond the limit fails, however it is read', () => {
    const line = JSON.stringify('x'.repeat(98));
    for (const chunk of [10, 10_000]) {
      const read = (text: string) =>
        readPieces(makeDecoder({ type: 'jsonl', columns: null }, { recordBytesMax: 100 }), Buffer.from(text), { chunk });
      expect(read(`1\n${line}\r\n1`)).toHaveLength(3);
      expect(() => read(`1\n${line.replace('x', 'xx')}\n`)).toThrow(FailureError);
    }
  });

  test('goes on behind a record whose receiver threw', () => {
    const decoder = makeDecoder({ type: 'jsonl', columns: null }, { recordBytesMax: 100 });
    const window = Buffer.from('1\n2\n3\n');
    decoder.begin({ file: 'f', from: 0, to: window.length });
    const got: unknown[] = [];
    const each = (record: unknown) => {
      got.push(record);
      if (record === 2) throw new Error('stop');
    };
    expect(() => decoder.decode(window, 0, window.length, true, each)).toThrow('stop');
    expect(decoder.decode(window, 0, window.length, true, each)).toBe(window.length);
    expect([got, decoder.done]).toEqual([[1, 2, 3], true]);
  });
});

describe('csv in pieces with a header', () => {
  const row = fc.constantFrom('1,a', '22,bb', '3,"c, d"', '4', '5,é', '', '6,"no', 'x,y');
  const end = fc.constantFrom('\n', '\r\n');
  const written = fc.record({ rows: fc.array(row, { maxLength: 12 }), lineEnd: end, mark: fc.boolean() });
  const reading = fc.record({ cuts: fc.array(fc.nat(60), { maxLength: 5 }), chunk: fc.integer({ min: 1, max: 20 }) });
  property.prop([written, reading])('pieces together are the whole', ({ rows, lineEnd, mark }, { cuts, chunk }) => {
    const file = join(temporaryFolder(), 'f.csv');
    const content = Buffer.from((mark ? '\ufeff' : '') + ['', 'n,t', ...rows].join(lineEnd));
    writeFileSync(file, content);
    const columns = [
      { name: 't', type: 'text', optional: false },
      { name: 'n', type: 'integer', optional: false },
    ] as const;
    const decoder = () => makeDecoder({ type: 'csv', separator: ',', header: true, multiline: false, columns }, { recordBytesMax: 1000 });
    const whole = readPieces(decoder(), content, { file });
    const pieces = readPieces(decoder(), content, { file, chunk, cuts: cuts.filter(cut => cut <= content.length) });
    expect(pieces).toEqual(whole);
  });

  test('a header that lacks a column is told by each piece that would need it', () => {
    const file = join(temporaryFolder(), 'f.csv');
    const content = Buffer.from(`a,b\n${'1,2\n'.repeat(10)}`);
    writeFileSync(file, content);
    const columns = [{ name: 'c', type: 'text', optional: false }] as const;
    const decoder = makeDecoder({ type: 'csv', separator: ',', header: true, multiline: false, columns }, { recordBytesMax: 1000 });
    const seen = readPieces(decoder, content, { file, cuts: [20] });
    expect(seen.map(of => [of.bad, of.offset])).toEqual(Array(2).fill(['the header has no column c; it has a, b', 0]));
  });

  test('a header longer than the first look at the file', () => {
    const file = join(temporaryFolder(), 'f.csv');
    const names = Array.from({ length: 9_000 }, (_, i) => `column-${i}`);
    const content = Buffer.from(`${names.join(',')}\n${'1,'.repeat(8_999)}2\n${'3,'.repeat(8_999)}4\n`);
    writeFileSync(file, content);
    const columns = [{ name: 'column-8999', type: 'integer', optional: false }] as const;
    const decoder = makeDecoder({ type: 'csv', separator: ',', header: true, multiline: false, columns }, { recordBytesMax: 1e6 });
    const seen = readPieces(decoder, content, { file, cuts: [content.length - 20_000] });
    expect(seen.map(of => of.record)).toEqual([{ 'column-8999': 2 }, { 'column-8999': 4 }]);
  });
});

describe('whole files', () => {
  test('are one record each, also empty ones, and keep their content', () => {
    const decoder = makeDecoder({ type: 'file' }, { recordBytesMax: 100 });
    const records = ['', '\ufeffé\n', 'x'].flatMap((text, i) => readPieces(decoder, Buffer.from(text), { file: `/d/${i}`, chunk: 1 }));
    expect(records.map(of => [of.index, of.offset, of.length])).toEqual([
      [0, 0, 0],
      [1, 0, 6],
      [2, 0, 1],
    ]);
    const [, second] = records.map(of => of.record as { path: string; text(): string; bytes(): Uint8Array });
    expect([second?.path, second?.text(), second?.bytes()]).toEqual(['/d/1', 'é\n', new Uint8Array(Buffer.from('\ufeffé\n'))]);
  });

  test('beyond the limit fail', () => {
    const decoder = makeDecoder({ type: 'file' }, { recordBytesMax: 100 });
    for (const chunk of [10, 1000]) expect(() => readPieces(decoder, Buffer.alloc(101), { chunk })).toThrow(FailureError);
  });
});
