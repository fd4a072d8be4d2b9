// Csv against csv-parse, and the rules of the contract one by one.

import { fc, test } from '@fast-check/vitest';
import { FailureError, UsageError } from '@sheaf/protocol';
import type { Column, ColumnType, Format } from '@sheaf/protocol/graph';
import { makeDecoder } from '@sheaf/storage';
import { parse } from 'csv-parse/sync';
import { describe, expect } from 'vitest';
import { readPieces, type Seen } from './read-pieces.ts';

type CsvFormat = Extract<Format, { type: 'csv' }>;
const plain: CsvFormat = { type: 'csv', separator: ',', header: true, multiline: true, columns: null };

function columns(types: Readonly<Record<string, ColumnType | `${ColumnType}?`>>): Column[] {
  return Object.entries(types).map(([name, type]) => ({ name, type: type.replace('?', '') as ColumnType, optional: type.endsWith('?') }));
}

function read(text: string | Buffer, format: Partial<CsvFormat> = {}, chunk = 65_536): Seen[] {
  return readPieces(makeDecoder({ ...plain, ...format }, { recordBytesMax: 10_000 }), Buffer.from(text), { chunk });
}

const records = (seen: readonly Seen[]): unknown[] => seen.map(of => of.record);

describe('against csv-parse', () => {
  const cell = fc.oneof(
    fc.constantFrom('', 'a', ' b ', '1', '€', '😀', 'x,y', 'x;y', '"', '""', 'line\nbreak', 'line\r\nbreak', '\r'),
    fc.string({ unit: 'grapheme' }),
  );
  const rows = fc
    .integer({ min: 1, max: 5 })
    .chain(width => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 12 }));
  const written = fc.record({
    rows,
    end: fc.constantFrom('\n', '\r\n'),
    separator: fc.constantFrom(',', ';', '\t', '|'),
    quoteAll: fc.boolean(),
    last: fc.boolean(),
  });

  test.prop([written, fc.integer({ min: 1, max: 40 })], { numRuns: 500 })(
    'rows and their offsets',
    ({ rows, end, separator, quoteAll, last }, chunk) => {
      const spelled = (text: string): string =>
        quoteAll || /["\r\n]/.test(text) || text.includes(separator) || text.startsWith('\ufeff')
          ? `"${text.replaceAll('"', '""')}"`
          : text;
      const text = rows.map(row => row.map(spelled).join(separator)).join(end) + (last ? end : '');
      const expected = parse(text, { delimiter: separator, record_delimiter: ['\r\n', '\n'], skip_empty_lines: true });
      const seen = read(text, { header: false, separator }, chunk);
      expect(records(seen)).toEqual(expected);
      const file = Buffer.from(text);
      for (const { offset, length, record } of seen) {
        expect(parse(file.subarray(offset, offset + length), { delimiter: separator, record_delimiter: ['\r\n', '\n'] })).toEqual([record]);
      }
    },
  );

  test.prop([fc.array(fc.constantFrom('a', ',', '"', '\n', '\r\n', ' '), { maxLength: 14 })], { numRuns: 3000 })(
    'what is refused',
    parts => {
      const text = parts.join('');
      const seen = read(text, { header: false });
      let expected: unknown = null;
      try {
        expected = parse(text, { record_delimiter: ['\r\n', '\n'], skip_empty_lines: true, relax_column_count: true });
      } catch {
        // csv-parse stops at the first bad row.
      }
      if (expected === null) expect(seen.some(of => of.bad !== null)).toBe(true);
      else expect(records(seen)).toEqual(expected);
    },
  );
});

describe('headers', () => {
  test('name the columns, which may stand anywhere', () => {
    const format = { columns: columns({ id: 'integer', name: 'text' }) };
    expect(records(read('name,x,id\nAnn,?,1\nBob,?,2\n', format))).toEqual([
      { id: 1, name: 'Ann' },
      { id: 2, name: 'Bob' },
    ]);
  });

  test('may differ from file to file', () => {
    const decoder = makeDecoder({ ...plain, columns: columns({ a: 'text' }) }, { recordBytesMax: 1000 });
    expect(records(readPieces(decoder, Buffer.from('a,b\n1,2\n')))).toEqual([{ a: '1' }]);
    expect(records(readPieces(decoder, Buffer.from('c,b,a\n1,2,3\n')))).toEqual([{ a: '3' }]);
    expect(records(readPieces(decoder, Buffer.from('a\n7\n')))).toEqual([{ a: '7' }]);
  });

  test('rows without columns are objects of strings, whatever the names', () => {
    expect(records(read('\ufeffa, b ,__proto__,7\n1,,x,"q"\n'))).toEqual([
      Object.fromEntries([
        ['a', '1'],
        [' b ', ''],
        ['__proto__', 'x'],
        ['7', 'q'],
      ]),
    ]);
  });

  test('may be given, or be none', () => {
    expect(records(read('1,2\n', { header: ['a', 'b'] }))).toEqual([{ a: '1', b: '2' }]);
    expect(records(read('1,x\n', { header: false, columns: columns({ n: 'number', t: 'text' }) }))).toEqual([{ n: 1, t: 'x' }]);
    expect(records(read('1,x\n2\n', { header: false }))).toEqual([['1', 'x'], ['2']]);
  });

  test('without a column that is asked for are a bad record that tells what there is; nothing more of the file is read', () => {
    const seen = read('\n\na,b\n1,2\n3,4\n', { columns: columns({ a: 'text', user: 'text?' }) });
    expect(seen).toEqual([{ record: null, offset: 2, length: 3, index: 0, bad: 'the header has no column user; it has a, b' }]);
  });

  test('with a column twice are refused', () => {
    expect(read('a,a\n1,2\n')[0]?.bad).toBe('the header has the column "a" twice');
    expect(records(read('a,a,b\n1,2,3\n', { columns: columns({ b: 'text' }) }))).toEqual([{ b: '3' }]);
    expect(() => read('', { header: ['a'], columns: columns({ b: 'text' }) })).toThrow(UsageError);
  });

  test('of files without rows, and of files without anything', () => {
    for (const text of ['', '\ufeff', '\n', 'a,b', 'a,b\n', 'a,b\r\n\r\n']) expect(read(text)).toEqual([]);
  });
});

describe('bad records', () => {
  const two = { header: ['a', 'b'] };
  const badOf = (text: string | Buffer, format: Partial<CsvFormat> = two): unknown[] => read(text, format).map(of => of.bad ?? of.record);

  test('too many or too few cells', () => {
    expect(badOf('1,2\n1\n1,2,3\n3,4')).toEqual([
      { a: '1', b: '2' },
      'has 1 cell where the header has 2',
      'has 3 cells where the header has 2',
      { a: '3', b: '4' },
    ]);
  });

  test('quotes where they may not stand', () => {
    expect(badOf('a"b,2\n1,"2"x\n3,4\n')).toEqual([
      'a quote stands inside a cell that is not quoted (byte 1): quote the cell and write the quote twice',
      'text follows the closing quote of a cell (byte 11)',
      { a: '3', b: '4' },
    ]);
  });

  test('a quote that is never closed is named by its own place', () => {
    const seen = read('1,2\n3,"4\n5,6\n', two);
    expect(seen.at(-1)).toMatchObject({ bad: 'the quote that opens here is never closed', offset: 6, length: 7 });
    expect(badOf('3,"4\n5,6\n', { ...two, multiline: false })).toEqual([
      'the quote that opens here is never closed on its line',
      { a: '5', b: '6' },
    ]);
  });

  test('bytes that are no UTF-8, also in a cell that nobody asks for', () => {
    const text = Buffer.concat([Buffer.from('1,2\n'), Buffer.from([0xff]), Buffer.from(',2\né,2\n')]);
    expect(badOf(text, { header: ['x', 'a'], columns: columns({ a: 'integer' }) })).toEqual([{ a: 2 }, 'its bytes are no UTF-8', { a: 2 }]);
  });

  test('a record beyond the limit', () => {
    const long = `1,"${'x'.repeat(20_000)}`;
    for (const chunk of [100, 1_000_000]) {
      expect(() => read(`${long}"\n`, two, chunk)).toThrow(FailureError);
      expect(() => read(`1,${'x'.repeat(10_000)}\n`, two, chunk)).toThrow('raise settings.memoryMb');
      expect(read(`1,${'x'.repeat(9_998)}\r\n`, two, chunk)).toHaveLength(1);
    }
    expect(() => read(long, two, 100)).toThrow('is a quote never closed?');
  });

  test('what the schema throws is a bad record; what the job throws is not', () => {
    const validate = (raw: unknown) => {
      if ((raw as { a: string }).a === '1') throw new Error('no ones');
      return raw;
    };
    const decoder = makeDecoder({ ...plain, header: ['a'] }, { recordBytesMax: 1000, validate });
    expect(readPieces(decoder, Buffer.from('1\n2\n')).map(of => of.bad)).toEqual(['no ones', null]);
    decoder.begin({ file: 'f', from: 0, to: 4 });
    const boom = new TypeError('in user code');
    expect(() =>
      decoder.decode(Buffer.from('2\n3\n'), 0, 4, true, () => {
        throw boom;
      }),
    ).toThrow(boom);
  });

  test('separators are one ASCII character', () => {
    for (const separator of ['', ';;', '"', '\n', '€']) expect(() => read('', { separator })).toThrow(UsageError);
  });
});
