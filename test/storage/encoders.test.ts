// Sinks to the byte, and that what csv and jsonl sinks write is read back as it was.

import { fc, test as property } from '@fast-check/vitest';
import { UsageError } from '@sheaf/protocol';
import type { Column } from '@sheaf/protocol/graph';
import { BadOutputRecord, type ByteSink, type FilesOutput, isGzipped, makeDecoder, makeEncoder } from '@sheaf/storage';
import { describe, expect, test } from 'vitest';
import { readPieces } from './read-pieces.ts';

type Options = FilesOutput['options'];

function encode(format: FilesOutput['format'], records: readonly unknown[], options: Options = {}): string {
  const chunks: Buffer[] = [];
  const sink: ByteSink = {
    text: text => chunks.push(Buffer.from(text)),
    bytes: (source, from, to) => chunks.push(Buffer.from(source.subarray(from, to))),
  };
  const encoder = makeEncoder({ type: 'files', folder: '/out', format, options });
  encoder.begin(sink);
  for (const record of records) encoder.write(record, sink);
  return Buffer.concat(chunks).toString();
}

function refused(format: FilesOutput['format'], record: unknown, options: Options = {}): string {
  try {
    encode(format, [record], options);
  } catch (error) {
    expect(error).toBeInstanceOf(BadOutputRecord);
    return (error as Error).message;
  }
  throw new Error('was written');
}

const everything = {
  big: 12345678901234567890n,
  at: new Date(0),
  bytes: Buffer.from([1, 2, 255]),
  plain: new Uint8Array([7]),
  text: 'é"\n',
  none: null,
  gone: undefined,
};

describe('text', () => {
  test('a string as it is', () => {
    expect(encode('text', ['a', '', 'tab\t back\\slash', 'é😀'])).toBe('a\n\ntab\t back\\slash\né😀\n');
  });
  test('a pair as key TAB value, what is no string as JSON', () => {
    expect(
      encode('text', [
        ['word', 3],
        [1n, 'x'],
        [['a', 1], { n: 1.5, at: new Date(0) }],
        [null, true],
        ['k', undefined],
      ]),
    ).toBe('word\t3\n1\tx\n["a",1]\t{"n":1.5,"at":"1970-01-01T00:00:00.000Z"}\nnull\ttrue\nk\tnull\n');
  });
  test('tab, newline and backslash inside a pair are spelled', () => {
    expect(
      encode('text', [
        ['a\tb', 'c\nd\\e'],
        ['k', { v: 'a\tb\\' }],
      ]),
    ).toBe('a\\tb\tc\\nd\\\\e\nk\t{"v":"a\\tb\\\\"}\n');
  });
  test('other records are refused', () => {
    for (const record of [1, null, { a: 1 }, ['a'], ['a', 1, 2]]) expect(refused('text', record)).toMatch(/to\.text writes/);
    expect(refused('text', '\ud800')).toMatch(/lone surrogate/);
    expect(refused('text', ['k', Number.NaN])).toBe('the record is NaN, which JSON cannot hold');
  });
});

describe('jsonl', () => {
  test('one JSON value a line', () => {
    expect(encode('jsonl', [['k', 1], 'é', { a: [null, true], 'b c': '\u2028' }, null, 0])).toBe(
      '["k",1]\n"é"\n{"a":[null,true],"b c":"\u2028"}\nnull\n0\n',
    );
  });
  test('bigint with all digits, dates as ISO text, bytes as base64, undefined left out', () => {
    expect(encode('jsonl', [everything, [undefined, 5n], { m: { toJSON: () => 2n } }])).toBe(
      '{"big":12345678901234567890,"at":"1970-01-01T00:00:00.000Z","bytes":"AQL/","plain":"Bw==","text":"é\\"\\n","none":null}\n[null,5]\n{"m":2}\n',
    );
  });
  const circle: { self?: unknown } = {};
  circle.self = circle;
  test.each([
    [{ a: [1, { b: Number.NaN }] }, 'a[1].b is NaN, which JSON cannot hold'],
    [Number.POSITIVE_INFINITY, 'the record is Infinity, which JSON cannot hold'],
    [['k', Number.NEGATIVE_INFINITY], '[1] is -Infinity, which JSON cannot hold'],
    [{ f: () => 1 }, 'f is a function, which JSON cannot hold'],
    [{ s: Symbol('x') }, 's is Symbol(x), which JSON cannot hold'],
    [{ at: new Date(Number.NaN) }, 'at is an invalid date'],
    [undefined, 'the record is undefined, which JSON cannot hold'],
    [circle, expect.stringMatching(/^self\.self.* is deeper than 200 levels, or holds itself$/)],
  ])('%j is refused', (record, message) => {
    expect(refused('jsonl', record)).toEqual(message);
  });
  property.prop([fc.jsonValue()])('as JSON.stringify, where that is right', value => {
    expect(encode('jsonl', [value])).toBe(`${JSON.stringify(value)}\n`);
  });
  property.prop([fc.jsonValue()])('also when a bigint stands beside it', value => {
    expect(encode('jsonl', [[value, 1n]])).toBe(`[${JSON.stringify(value)},1]\n`);
  });
});

describe('csv', () => {
  test('columns from the first record or given; a header in every part that has them', () => {
    expect(encode('csv', [{ a: 1, b: 'x' }, { b: 'y', a: null }, { b: 'z' }])).toBe('a,b\n1,x\n,y\n,z\n');
    expect(encode('csv', [{ a: 1, b: 'x' }], { columns: ['b', 'a'] })).toBe('b,a\nx,1\n');
    expect(encode('csv', [], { columns: ['b', 'a'] })).toBe('b,a\n');
    expect(encode('csv', [])).toBe('');
  });
  test('quotes only where they are needed', () => {
    expect(encode('csv', [{ a: ' x ', b: 'q"q', c: 'l\nl', d: 'c,d', e: 'c;d', f: '\r', 'g,h': '\ufeff' }])).toBe(
      'a,b,c,d,e,f,"g,h"\n x ,"q""q","l\nl","c,d",c;d,"\r","\ufeff"\n',
    );
    expect(encode('csv', [{ a: 'c,d', b: 'c;d' }], { separator: ';' })).toBe('a;b\nc,d;"c;d"\n');
    expect(encode('csv', [{ a: '' }, { a: null }])).toBe('a\n""\n""\n');
  });
  test('cells as text', () => {
    const { text, ...cells } = everything;
    expect(encode('csv', [{ ...cells, yes: true, n: -1.5e300, e: text }])).toBe(
      'big,at,bytes,plain,none,gone,yes,n,e\n12345678901234567890,1970-01-01T00:00:00.000Z,AQL/,Bw==,,,true,-1.5e+300,"é""\n"\n',
    );
  });
  test('what csv cannot hold is refused by its column', () => {
    expect(refused('csv', { a: Number.NaN })).toBe('a is NaN, which csv cannot hold');
    expect(refused('csv', { a: { b: 1 } })).toBe('a is an object, which csv cannot hold');
    expect(refused('csv', { a: () => 1 })).toBe('a is a function, which csv cannot hold');
    expect(refused('csv', { a: new Date(Number.NaN) })).toBe('a is an invalid date');
    expect(refused('csv', { a: 1 }, { columns: ['b'] })).toBe('has the key "a", the columns are b');
    for (const record of ['x', ['k', 1], null, new Date()]) expect(refused('csv', record)).toMatch(/to\.csv writes objects/);
    expect(() => encode('csv', [{ a: 1 }, { a: 1, c: 2 }])).toThrow('has the key "c", the columns are a');
    expect(() => encode('csv', [], { separator: ';;' })).toThrow(UsageError);
  });

  const cell = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '"', '\r', '\n', '\r\n', ',', ' ', '\ufeff', 'a'));
  const table = fc.uniqueArray(cell, { minLength: 1, maxLength: 4 }).chain(names =>
    fc.record({
      names: fc.constant(names),
      rows: fc.array(fc.array(cell, { minLength: names.length, maxLength: names.length }), { minLength: 1, maxLength: 8 }),
    }),
  );
  property.prop([table, fc.constantFrom(',', ';', '\t', ']', '^', '\\', '-')], { numRuns: 400 })(
    'is read back as it was',
    ({ names, rows }, separator) => {
      const records = rows.map(row => Object.fromEntries(row.map((text, i) => [names[i] as string, text])));
      const text = encode('csv', records, { separator });
      const decoder = makeDecoder({ type: 'csv', separator, header: true, multiline: true, columns: null }, { recordBytesMax: 10_000 });
      expect(readPieces(decoder, Buffer.from(text)).map(seen => seen.bad ?? seen.record)).toEqual(records);
    },
  );
});

describe('typed values', () => {
  const columns: Column[] = (['text', 'number', 'integer', 'bigint', 'boolean', 'date', 'bytes'] as const).map(type => ({
    name: type,
    type,
    optional: true,
  }));
  const record = fc.record({
    text: fc.string({ unit: 'grapheme', minLength: 1 }),
    number: fc.double({ noNaN: true, noDefaultInfinity: true }).map(n => n + 0),
    integer: fc.maxSafeInteger(),
    bigint: fc.bigInt(),
    boolean: fc.boolean(),
    date: fc.date({ noInvalidDate: true }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }).map(bytes => new Uint8Array(bytes)),
  });
  property.prop([fc.array(record, { minLength: 1, maxLength: 5 })])('come back from both formats', records => {
    const csv = makeDecoder({ type: 'csv', separator: ',', header: true, multiline: true, columns }, { recordBytesMax: 10_000 });
    expect(readPieces(csv, Buffer.from(encode('csv', records))).map(seen => seen.bad ?? seen.record)).toEqual(records);
    const jsonl = makeDecoder({ type: 'jsonl', columns }, { recordBytesMax: 10_000 });
    expect(readPieces(jsonl, Buffer.from(encode('jsonl', records))).map(seen => seen.bad ?? seen.record)).toEqual(records);
  });
});

test('extensions, and what gzip is asked by', () => {
  const output = (format: FilesOutput['format'], options: Options = {}): FilesOutput => ({ type: 'files', folder: '/o', format, options });
  expect((['text', 'jsonl', 'csv'] as const).map(format => makeEncoder(output(format)).extension)).toEqual(['.txt', '.jsonl', '.csv']);
  expect([isGzipped(output('text')), isGzipped(output('text', { gzip: true }))]).toEqual([false, true]);
});
