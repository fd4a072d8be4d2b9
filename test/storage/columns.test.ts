// Column types: what each reads from csv cells and JSON members, and what is said of the rest.

import { fc, test as property } from '@fast-check/vitest';
import type { Column, ColumnType } from '@sheaf/protocol/graph';
import { makeDecoder } from '@sheaf/storage';
import { describe, expect, test } from 'vitest';
import { decimalAt } from '../../packages/storage/src/formats/csv-cell.ts';
import { readPieces } from './read-pieces.ts';

type Type = ColumnType | `${ColumnType}?`;

function columnOf(type: Type): Column {
  return { name: 'v', type: type.replace('?', '') as ColumnType, optional: type.endsWith('?') };
}

/** The value of one cell, or what is said of it. */
function cell(type: Type, text: string): unknown {
  const decoder = makeDecoder(
    { type: 'csv', separator: ',', header: ['v', 'w'], multiline: true, columns: [columnOf(type)] },
    { recordBytesMax: 1000 },
  );
  const [seen] = readPieces(decoder, Buffer.from(`"${text.replaceAll('"', '""')}",\n`));
  return seen?.bad ?? (seen?.record as { v: unknown } | undefined)?.v;
}

/** The value of one JSON member, or what is said of it. */
function member(type: Type, json: string): unknown {
  const decoder = makeDecoder({ type: 'jsonl', columns: [columnOf(type)] }, { recordBytesMax: 100_000 });
  const [seen] = readPieces(decoder, Buffer.from(json));
  return seen?.bad ?? (seen?.record as { v: unknown } | undefined)?.v;
}

const says = (type: string, found: string) => `column v: expected ${type}, found ${found}`;

describe('csv cells', () => {
  const good: readonly (readonly [Type, string, unknown])[] = [
    ['text', ' a "b" ', ' a "b" '],
    ['text', '', ''],
    ['text?', '', null],
    ['number', '0', 0],
    ['number', '-1.50', -1.5],
    ['number', '1e3', 1000],
    ['number', '0.1', 0.1],
    ['number', '12345678901234567890', 12345678901234567000],
    ['number', '9007199254740993', 9007199254740992],
    ['number?', '', null],
    ['integer', '42', 42],
    ['integer', '-9007199254740991', -9007199254740991],
    ['integer', '1.0', 1],
    ['bigint', '123456789012345678901234567890', 123456789012345678901234567890n],
    ['bigint?', '', null],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['date', '2025-02-25', new Date('2025-02-25T00:00:00.000Z')],
    ['date', '2025-02-25T01:02:03', new Date('2025-02-25T01:02:03.000Z')],
    ['date', '2025-02-25T01:02:03.4567+05:30', new Date('2025-02-24T19:32:03.456Z')],
    ['date', '2024-02-29T24:00Z', new Date('2024-03-01T00:00:00.000Z')],
    ['date', '0001-01-01', new Date('0001-01-01T00:00:00.000Z')],
    ['date', '+012345-01-01T00:00:00.000Z', new Date('+012345-01-01T00:00:00.000Z')],
    ['bytes', 'AQID', new Uint8Array([1, 2, 3])],
    ['bytes', 'AQ==', new Uint8Array([1])],
  ];
  test.each(good)('%s %j', (type, text, expected) => {
    expect(cell(type, text)).toEqual(expected);
  });

  const bad: readonly (readonly [Type, string])[] = [
    ...['', '+1', '01', '.5', '1.', '1e', 'NaN', 'Infinity', '1e999', '0x10', ' 1', '1_0', '-', '--1', '1,5'].map(
      text => ['number', text] as const,
    ),
    ...['', '1.5', '9007199254740992', 'x'].map(text => ['integer', text] as const),
    ...['', '1.0', '1e3', '01', '+1', '1n'].map(text => ['bigint', text] as const),
    ...['', 'TRUE', '1', 'yes'].map(text => ['boolean', text] as const),
    ...[
      '',
      '2025-02-30',
      '2025-13-01',
      '2025-00-10',
      '2025-2-5',
      '25-02-25',
      '20250225',
      '2025-02-25 10:00:00',
      '2025-02-25T25:00',
      '2025-02-25T10:60',
      '2025-02-25T10:00:60',
      '2025-02-25T24:01',
      '2025-02-25T10:00+25:00',
      'today',
      '-000000-01-01',
    ].map(text => ['date', text] as const),
    ...['', 'A', 'AQ=', 'A-_=', 'AQ==AQ=='].map(text => ['bytes', text] as const),
  ];
  test.each(bad)('%s %j is refused', (type, text) => {
    expect(cell(type, text)).toMatch(/^column v: expected /);
    expect(cell(`${type}?` as Type, text)).toEqual(text === '' ? null : expect.stringMatching(/or nothing, found /));
  });

  test('the message says what was expected and found', () => {
    expect(cell('integer', '1.5')).toBe(says('an integer within ±(2^53 − 1)', '"1.5"'));
    expect(cell('number', '')).toBe(says('a number', 'an empty cell'));
    expect((cell('boolean', 'x'.repeat(900)) as string).length).toBeLessThan(300);
  });

  const digits = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.integer().map(String),
    fc.tuple(fc.maxSafeInteger(), fc.nat(20)).map(([whole, fraction]) => `${whole}.${fraction}`),
    fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '-', 'e', '+'), maxLength: 18 }),
  );
  property.prop([digits, fc.constantFrom(0, 1)], { numRuns: 2000 })(
    'the quick way reads what JSON reads, or says that it cannot',
    (text, fractions) => {
      const value = decimalAt(Buffer.from(`x${text}y`), 1, 1 + text.length, fractions);
      if (!Number.isNaN(value)) expect(Object.is(value, JSON.parse(text))).toBe(true);
    },
  );
  test('the quick way takes usual numbers', () => {
    for (const text of ['0', '-0', '7', '123456789012345', '0.5', '-12.75', '12345.6789012345']) {
      expect(decimalAt(Buffer.from(text), 0, text.length, 1)).toBe(Number(text));
    }
  });
});

describe('JSON members', () => {
  const good: readonly (readonly [Type, string, unknown])[] = [
    ['text', '{"v":"é","w":1}', 'é'],
    ['text', '{"v":""}', ''],
    ['text?', '{}', null],
    ['text?', '{"v":null}', null],
    ['number', '{"v":1.5e2}', 150],
    ['integer', '{"v":3.0}', 3],
    ['bigint', '{"v":5}', 5n],
    ['bigint', '{"v":"123456789012345678901"}', 123456789012345678901n],
    ['bigint', '{"w":{"v":1},"a\\"v":[2,{"v":3}], "v" : -123456789012345678901 , "x":"}"}', -123456789012345678901n],
    ['bigint', '{"v":9007199254740993,"v":9007199254740995}', 9007199254740995n],
    ['boolean', '{"v":false}', false],
    ['date', '{"v":"2025-02-25"}', new Date('2025-02-25')],
    ['bytes', '{"v":"AQI="}', new Uint8Array([1, 2])],
  ];
  test.each(good)('%s %s', (type, json, expected) => {
    expect(member(type, json)).toEqual(expected);
  });

  const bad: readonly (readonly [Type, string, string])[] = [
    ['text', '{}', says('text', 'nothing')],
    ['text', '{"v":null}', says('text', 'null')],
    ['text', '{"v":1}', says('text', '1')],
    ['number', '{"v":"1"}', says('a number', '"1"')],
    ['number?', '{"v":"1"}', says('a number or nothing', '"1"')],
    ['number', '{"v":1e999}', says('a number', 'null')],
    ['integer', '{"v":1.5}', says('an integer within ±(2^53 − 1)', '1.5')],
    ['bigint', '{"v":1e30}', says('a whole number', '1e+30')],
    ['boolean', '{"v":[1,2]}', says('true or false', '[1,2]')],
    ['date', '{"v":1700000000000}', says('an ISO 8601 date', '1700000000000')],
    ['number', '[1]', 'is no JSON object, and so has no columns'],
    ['number', 'null', 'is no JSON object, and so has no columns'],
  ];
  test.each(bad)('%s %s is refused', (type, json, message) => {
    expect(member(type, json)).toBe(message);
  });

  test('inherited names are no members', () => {
    const columns: Column[] = [{ name: 'constructor', type: 'text', optional: true }];
    const decoder = makeDecoder({ type: 'jsonl', columns }, { recordBytesMax: 1000 });
    expect(readPieces(decoder, Buffer.from('{"a":1}')).map(seen => seen.record)).toEqual([{ constructor: null }]);
  });

  const value = fc.dictionary(
    fc.string({ unit: 'grapheme', maxLength: 4 }),
    fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: 'grapheme' })),
    { maxKeys: 4 },
  );
  property.prop([value, value, fc.bigInt(), fc.nat(3)])(
    'the digits of a bigint are found wherever they stand',
    (before, after, big, indent) => {
      delete before.v;
      delete after.v;
      const parts = [before, after].map(of => JSON.stringify(of, null, indent).slice(1, -1).trim());
      const json = `{${[parts[0], `"v":${big}`, parts[1]].filter(of => of !== '').join(',')}}`.replaceAll('\n', ' ');
      expect(member('bigint', json)).toBe(big);
    },
  );
});
