// Text beyond its line borders (pieces.test.ts): words, fields, patterns, bytes that are no UTF-8, and byte ranges in the place
// of strings.

import { fc, test } from '@fast-check/vitest';
import { FailureError } from '@sheaf/protocol';
import type { Format } from '@sheaf/protocol/graph';
import { type Decoder, LineDecoder, makeDecoder } from '@sheaf/storage';
import { describe, expect } from 'vitest';
import { readPieces } from './read-pieces.ts';

type TextFormat = Extract<Format, { readonly type: 'text' }>;

const text = (format: Omit<TextFormat, 'type'>, recordBytesMax = 1_000): Decoder =>
  makeDecoder({ type: 'text', ...format }, { recordBytesMax });
const recordsOf = (decoder: Decoder, content: Buffer, reading = {}): unknown[] =>
  readPieces(decoder, content, reading).map(seen => seen.record);

/** Every character that \s matches, and some that look as if it did. */
const spaces = [...Array(0x10000).keys()].map(code => String.fromCharCode(code)).filter(character => /\s/.test(character));
const noSpaces = ['\u0085', '\u180e', '\u200b', '\u2060', '\u001c', '\u00c2', '\u1681', '\u200c', '\u2027', '\u3001', '\ufefe'];
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'word', '\n', '\r\n', ' ', '\t', '😀', 'é') },
  { weight: 2, arbitrary: fc.constantFrom(...spaces) },
  { weight: 1, arbitrary: fc.constantFrom(...noSpaces) },
);
const bytes = fc.oneof(
  { weight: 12, arbitrary: piece.map(characters => Buffer.from(characters)) },
  { weight: 1, arbitrary: fc.constantFrom([0xff], [0xc2], [0xe2, 0x80], [0xf0, 0x9f], [0xed, 0xa0, 0x80]).map(list => Buffer.from(list)) },
);
const content = fc
  .tuple(fc.boolean(), fc.array(bytes, { maxLength: 60, size: 'max' }))
  .map(([mark, list]) => Buffer.concat([Buffer.from(mark ? '\ufeff' : ''), ...list]));
const reading = fc.record({ cuts: fc.array(fc.nat(100), { maxLength: 4 }), chunk: fc.integer({ min: 1, max: 40 }) });

/** The lines of a file as strings, repaired where they are no UTF-8. */
function linesOf(file: Buffer): string[] {
  const lines: Buffer[] = [];
  let from = file.subarray(0, 3).equals(Buffer.from('\ufeff')) ? 3 : 0;
  for (let at = file.indexOf(10, from); at >= 0; at = file.indexOf(10, from)) {
    lines.push(file.subarray(from, at > from && file[at - 1] === 13 ? at - 1 : at));
    from = at + 1;
  }
  if (from < file.length) lines.push(file.subarray(from));
  return lines.map(line => line.toString('utf8'));
}

const inside = (cuts: readonly number[], file: Buffer): number[] => cuts.filter(cut => cut <= file.length);

describe('words', () => {
  test('there are 25 spaces', () => {
    expect(spaces.length).toBe(25);
  });

  test.prop([content, reading], { numRuns: 500 })('are what /\\s+/ leaves of each line', (file, { cuts, chunk }) => {
    const expected = linesOf(file).flatMap(line => line.split(/\s+/).filter(word => word !== ''));
    expect(recordsOf(text({ unit: 'word' }), file, { cuts: inside(cuts, file), chunk })).toEqual(expected);
  });
});

describe('byte ranges', () => {
  /** What decodeBytes delivers, piece by piece and in windows like any decoder. */
  function rangesOf(
    format: TextFormat,
    file: Buffer,
    options: { cuts: readonly number[]; chunk: number; withLines?: boolean },
  ): { records: unknown[]; invalidUtf8: number } {
    const decoder = new LineDecoder(format, 1_000);
    const records: unknown[] = [];
    const asDecoder: Decoder = {
      position: decoder.position,
      invalidUtf8: 0,
      get done() {
        return decoder.done;
      },
      begin: of => decoder.begin(of),
      // biome-ignore lint/complexity/useMaxParams: as a decoder has them.
      decode: (window, begin, end, final, each) => {
        const bounds = { begin, end, final };
        const range = (from: number, to: number): string => {
          const { offset, record } = decoder.position;
          expect(begin <= from && from <= to && to <= end).toBe(true);
          const bytes = Buffer.from(window.slice(from, to)).toString('utf8');
          records.push({ text: bytes, offset, record });
          return bytes;
        };
        const whole = (given: unknown): void => {
          const { offset, record } = decoder.position;
          records.push({ text: given, offset, record });
          each(given);
        };
        if (options.withLines !== true) return decoder.decodeBytes(window, bounds, range, whole);
        return decoder.decodeLines(window, bounds, (line, from, to) => expect(range(from, to)).toBe(line), whole);
      },
    };
    readPieces(asDecoder, file, options);
    return { records, invalidUtf8: decoder.invalidUtf8 };
  }

  test.prop([content, reading, fc.constantFrom('word' as const, 'line' as const)], { numRuns: 500 })(
    'are the records',
    (file, { cuts, chunk }, unit) => {
      const options = { cuts: inside(cuts, file), chunk };
      const decoder = text({ unit });
      const expected = readPieces(decoder, file, options).map(({ record, offset, index }) => ({ text: record, offset, record: index }));
      expect(rangesOf({ type: 'text', unit }, file, options)).toEqual({ records: expected, invalidUtf8: decoder.invalidUtf8 });
    },
  );

  test.prop([content, reading])('come with lines', (file, { cuts, chunk }) => {
    const options = { cuts: inside(cuts, file), chunk };
    const decoder = text({ unit: 'line' });
    const expected = readPieces(decoder, file, options).map(({ record, offset, index }) => ({ text: record, offset, record: index }));
    const told = rangesOf({ type: 'text', unit: 'line' }, file, { ...options, withLines: true });
    expect(told).toEqual({ records: expected, invalidUtf8: decoder.invalidUtf8 });
  });

  test('give strings for fields and patterns', () => {
    const file = Buffer.from('a\tb\nc\n');
    const all = { cuts: [], chunk: 100 };
    expect(rangesOf({ type: 'text', unit: 'fields' }, file, all).records).toMatchObject([{ text: ['a', 'b'] }, { text: ['c'] }]);
    expect(rangesOf({ type: 'text', unit: 'line', matching: { source: 'c', flags: '' } }, file, all).records).toMatchObject([
      { text: 'c' },
    ]);
  });
});

describe('lines', () => {
  test('are found across the pieces in which a window is searched, short and long ones', () => {
    const lengths = [0, 1, 30_000, 65_535, 0, 65_536, 3, 140_000, 65_537, 1, 200_000, 0, 5];
    const expected = lengths.map((length, i) => String.fromCharCode(97 + i).repeat(length));
    const file = Buffer.from(`${expected.join('\n')}\n`);
    expect(recordsOf(text({ unit: 'line' }, 300_000), file, { cuts: [], chunk: 1_000_000 })).toEqual(expected);
  });

  test.prop([content, reading])('that are no UTF-8 are repaired and counted', (file, { cuts, chunk }) => {
    const decoder = text({ unit: 'line' });
    expect(recordsOf(decoder, file, { cuts: inside(cuts, file), chunk })).toEqual(linesOf(file));
    const repaired = linesOf(file).filter(line => line.includes('\ufffd')).length;
    expect(decoder.invalidUtf8).toBe(repaired);
  });

  test('that match a pattern, whatever its flags', () => {
    const file = Buffer.from(Array.from({ length: 50 }, (_, i) => `x${i % 2}\n`).join(''));
    for (const flags of ['', 'g', 'y', 'gi', 'u']) {
      expect(recordsOf(text({ unit: 'line', matching: { source: flags === 'gi' ? 'X1' : 'x1', flags } }), file)).toHaveLength(25);
    }
    expect(recordsOf(text({ unit: 'word', matching: { source: '^b', flags: '' } }), Buffer.from('a b\nb c\n'))).toEqual(['b', 'c']);
  });

  test('are cut into fields at the separator alone', () => {
    expect(recordsOf(text({ unit: 'fields' }), Buffer.from('a\tb\n\n\t\n a b\t'))).toEqual([['a', 'b'], [''], ['', ''], [' a b', '']]);
    expect(recordsOf(text({ unit: 'fields', separator: '::' }), Buffer.from('a::b:c'))).toEqual([['a', 'b:c']]);
  });

  test('may be as long as a record, and no longer', () => {
    const line = 'x'.repeat(20);
    for (const end of ['', '\n', '\r\n']) {
      for (const chunk of [1, 7, 100]) {
        expect(recordsOf(text({ unit: 'line' }, 20), Buffer.from(`a\n${line}${end}`), { chunk })).toEqual(['a', line]);
        const long = (): unknown => recordsOf(text({ unit: 'line' }, 20), Buffer.from(`a\n${line}y${end}`), { chunk });
        expect(long).toThrow(FailureError);
        expect(long).toThrow('a record is larger than 20 bytes, a quarter of settings.memoryMb: raise settings.memoryMb');
      }
    }
    const decoder = text({ unit: 'line' }, 20);
    expect(() => recordsOf(decoder, Buffer.from(`a\nb\n${line}${line}`), { chunk: 6 })).toThrow(FailureError);
    expect(decoder.position).toMatchObject({ file: '/data/file', offset: 4 });
  });

  test('go on behind one whose taker threw', () => {
    const file = Buffer.from('a\nb\nc\n');
    const decoder = text({ unit: 'line' });
    const begin = decoder.begin({ file: 'f', from: 0, to: file.length });
    const seen: unknown[] = [];
    const take = (record: unknown): void => {
      seen.push(record);
      if (record === 'b') throw new Error('b');
    };
    expect(() => decoder.decode(file, begin, file.length, true, take)).toThrow('b');
    expect(decoder.decode(file, begin, file.length, true, take)).toBe(file.length);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(decoder.done).toBe(true);
  });
});
