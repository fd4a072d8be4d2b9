// The plan of an input: what it promises for any listing, and the sizes that the settings ask for.

import { fc, test as property } from '@fast-check/vitest';
import { limits, UsageError } from '@sheaf/protocol';
import { type Format, type ListedFile, partitionCount, type Split } from '@sheaf/protocol/graph';
import { type ListedInput, planItemSplits, planSplits, totalBytes } from '@sheaf/storage';
import { describe, expect, test } from 'vitest';

const megabyte = 1_048_576;
const lines: Format = { type: 'text', unit: 'line' };
const formats: readonly Format[] = [
  lines,
  { type: 'jsonl', columns: null },
  { type: 'csv', separator: ',', header: true, multiline: false, columns: null },
  { type: 'csv', separator: ',', header: true, multiline: true, columns: null },
  { type: 'file' },
];

function file(size: number, packed: ListedFile['packed'] = null): ListedFile {
  return { path: `/d/${size}`, size, modifiedMs: 0, packed };
}
function files(sizes: readonly number[], format: Format = lines): ListedInput {
  return { type: 'files', files: sizes.map(size => file(size)), format };
}
const size = fc.oneof({ weight: 5, arbitrary: fc.nat(3) }, fc.nat(3 * megabyte), fc.nat(200 * megabyte));
const listed = fc
  .record({ size, packed: fc.constantFrom<ListedFile['packed']>(null, null, null, 'gzip') })
  .map(of => file(of.size, of.packed));
const input: fc.Arbitrary<ListedInput> = fc.oneof(
  fc.record({
    type: fc.constant('files' as const),
    files: fc.array(listed, { minLength: 1, maxLength: 30 }),
    format: fc.constantFrom(...formats),
  }),
  fc.record({ type: fc.constant('items' as const), count: fc.nat(3_000), perTask: fc.option(fc.integer({ min: 1, max: 100 })) }),
);
const inputs = fc.array(input, { minLength: 1, maxLength: 3 });
const splitMb = fc.constantFrom(1, 4, 8, 16, 64, 0.001);

function neverCut(of: ListedFile, format: Format): boolean {
  return of.packed !== null || format.type === 'file' || (format.type === 'csv' && format.multiline);
}

function bytesOf(split: Split): number {
  return split.pieces.reduce((sum, piece) => sum + piece.to - piece.from, 0);
}

describe('any plan', () => {
  property.prop([inputs, fc.constantFrom(1, 4, 8, 16, 64)])('covers each file exactly once and in order', (of, setting) => {
    const splits = planSplits(of, setting);
    of.forEach((one, index) => {
      const pieces = splits.filter(split => split.input === index).flatMap(split => split.pieces);
      const expected = one.type === 'items' ? [one.count] : one.files.map(listedFile => listedFile.size);
      let at = { file: 0, offset: 0 };
      for (const piece of pieces) {
        expect(piece.from).toBe(piece.file === at.file ? at.offset : 0);
        if (piece.file !== at.file) expect([piece.file, at.offset]).toEqual([at.file + 1, expected[at.file]]);
        at = { file: piece.file, offset: piece.to };
      }
      expect(at).toEqual({ file: expected.length - 1, offset: expected.at(-1) });
    });
    expect(splits.map(split => split.input)).toEqual(splits.map(split => split.input).sort((a, b) => a - b));
  });

  property.prop([inputs, fc.constantFrom(1, 4, 8, 16, 64)])(
    'cuts no file that cannot be cut, and packs no more than it may',
    (of, setting) => {
      for (const { input: index, pieces } of planSplits(of, setting)) {
        expect(pieces.length).toBeGreaterThan(0);
        expect(pieces.length).toBeLessThanOrEqual(limits.filesPerPackMax);
        const one = of[index];
        if (one?.type !== 'files') continue;
        for (const piece of pieces) {
          const listedFile = one.files[piece.file] as ListedFile;
          if (neverCut(listedFile, one.format)) expect([piece.from, piece.to]).toEqual([0, listedFile.size]);
          if (piece.from > 0) expect(piece.to).toBeGreaterThan(piece.from);
        }
      }
    },
  );

  property.prop([inputs, splitMb])('has splits within bounds of size and number', (of, setting) => {
    fc.pre(totalBytes(of) / (setting * megabyte) < 2_000);
    const splits = planSplits(of, setting);
    const total = totalBytes(of);
    const target = Math.max(1, Math.floor(Math.min(Math.max(Math.ceil(total / 8), 8 * megabyte), setting * megabyte)));
    for (const split of splits) {
      const one = of[split.input];
      if (one?.type !== 'files') continue;
      const whole = split.pieces.length === 1 && neverCut(one.files[split.pieces[0]?.file ?? 0] as ListedFile, one.format);
      if (!whole) expect(bytesOf(split)).toBeLessThanOrEqual(target * 1.25 + 1);
    }
    const ofFiles = splits.filter(split => of[split.input]?.type === 'files').length;
    const count = of.reduce((sum, one) => sum + (one.type === 'files' ? one.files.length : 0), 0);
    expect(ofFiles).toBeLessThanOrEqual((total / target) * 4 + count + 2);
  });

  property.prop([inputs, splitMb])('is two splits at least, unless nothing can be parted', (of, setting) => {
    fc.pre(totalBytes(of) / (setting * megabyte) < 2_000);
    const splits = planSplits(of, setting);
    if (splits.length > 1) return;
    const [one] = of;
    if (one?.type === 'items') expect(one.count).toBeLessThan(2);
    else {
      expect(one?.files).toHaveLength(1);
      const [only] = one?.files ?? [];
      expect((only?.size ?? 0) < 2 || neverCut(only as ListedFile, one?.format as Format)).toBe(true);
    }
  });

  property.prop([inputs, fc.constantFrom(1, 8, 64)])('depends on sizes and formats alone', (of, setting) => {
    const renamed = of.map(one =>
      one.type === 'items'
        ? one
        : { ...one, files: one.files.map((listedFile, i) => ({ ...listedFile, path: `/other/${i}`, modifiedMs: i })) },
    );
    expect(planSplits(renamed, setting)).toEqual(planSplits(of, setting));
  });
});

describe('sizes', () => {
  const sizesOf = (of: ListedInput[], setting = 64) => planSplits(of, setting).map(split => bytesOf(split) / megabyte);

  test('an eighth of the total, then quarters of that in the last eighth', () => {
    expect(sizesOf([files([256 * megabyte])])).toEqual([...Array(7).fill(32), ...Array(4).fill(8)]);
  });
  test('no less than 8 MB, no more than the setting', () => {
    expect(Math.max(...sizesOf([files([32 * megabyte])]))).toBe(8);
    expect(Math.max(...sizesOf([files([4096 * megabyte])]))).toBe(64);
    expect(Math.max(...sizesOf([files([64 * megabyte])], 2))).toBe(2);
  });
  test('one small file in two halves, a byte whole', () => {
    expect(planSplits([files([11])], 64)).toEqual([
      { input: 0, pieces: [{ file: 0, from: 0, to: 5 }] },
      { input: 0, pieces: [{ file: 0, from: 5, to: 11 }] },
    ]);
    expect(planSplits([files([1])], 64)).toHaveLength(1);
    expect(planSplits([files([0])], 64)).toEqual([{ input: 0, pieces: [{ file: 0, from: 0, to: 0 }] }]);
  });
  test('small files together, parted between files nearest to the middle', () => {
    const splits = planSplits([files([10, 20, 6, 40])], 64);
    expect(splits.map(split => split.pieces.map(piece => piece.file))).toEqual([[0, 1, 2], [3]]);
  });
  test('files of no bytes take part, each input has its own', () => {
    const splits = planSplits([files([0, 3, 0]), files([0])], 64);
    expect(splits).toEqual([
      { input: 0, pieces: [0, 1, 2].map(at => ({ file: at, from: 0, to: at === 1 ? 3 : 0 })) },
      { input: 1, pieces: [{ file: 0, from: 0, to: 0 }] },
    ]);
  });
  test('thousands of small files in packs of limited number', () => {
    const splits = planSplits([files(Array(2_500).fill(1))], 64);
    expect(splits.map(split => split.pieces.length)).toEqual([1_000, 1_000, 500]);
  });
  test('too many splits are refused', () => {
    expect(() => planSplits([files([2 * megabyte])], 0.000001)).toThrow(UsageError);
  });
});

describe('items', () => {
  test('one a split up to 1,000, then even packs', () => {
    expect(planItemSplits(3, null).map(of => [of.from, of.to])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(planItemSplits(1_000, null)).toHaveLength(1_000);
    const sizes = planItemSplits(2_500, null).map(of => of.to - of.from);
    expect([sizes.length, Math.min(...sizes), Math.max(...sizes)]).toEqual([1_000, 2, 3]);
  });
  test('perTask, but two splits of two items', () => {
    expect(planItemSplits(7, 3).map(of => [of.from, of.to])).toEqual([
      [0, 3],
      [3, 6],
      [6, 7],
    ]);
    expect(planItemSplits(4, 10).map(of => of.to - of.from)).toEqual([2, 2]);
    expect(planItemSplits(1, 10)).toHaveLength(1);
    expect(planItemSplits(0, null)).toEqual([{ file: 0, from: 0, to: 0 }]);
  });
});

test('partition counts', () => {
  const auto = { type: 'auto', of: 'source', bytesPerTask: 100, min: 2, max: 5 } as const;
  expect([0, 100, 201, 301, 9_999].map(bytes => partitionCount(auto, bytes))).toEqual([2, 2, 3, 4, 5]);
  expect(partitionCount({ type: 'fixed', count: 7 }, 0)).toBe(7);
  // Ranges are of an even size, so they are so many that two or four slots end together.
  const ranges = { type: 'auto', of: 'edges', bytesPerTask: 100, min: 2, max: 50 } as const;
  expect([0, 100, 200, 201, 400, 401, 9_999].map(bytes => partitionCount(ranges, bytes))).toEqual([2, 2, 2, 4, 4, 8, 50]);
});
