import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ReadAhead } from '../../../packages/worker/src/data/read-ahead.ts';

const files = 20;
const openMax = 16;
const sizes = [0, 1, 5_000, 262_144, 700_000];
const contents = Array.from({ length: files }, (_, file) =>
  Buffer.from(Array.from({ length: sizes[file % sizes.length] ?? 0 }, (_, i) => (i * 31 + file) & 255)),
);
let folder = '';
const pathOf = (file: number): string => join(folder, `${file}`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-read-ahead-'));
  for (const [file, bytes] of contents.entries()) writeFileSync(pathOf(file), bytes);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function openHere(): number {
  return readdirSync('/proc/self/fd').length;
}

const aRead = fc.record({
  file: fc.nat({ max: files - 1 }),
  offset: fc.oneof(fc.nat({ max: 6_000 }), fc.nat({ max: 720_000 })),
  length: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 400_000 })),
});

test('files read piece by piece give what they hold, with few of them open', () => {
  fc.assert(
    fc.property(fc.array(aRead, { maxLength: 60 }), reads => {
      const before = openHere();
      const ahead = new ReadAhead();
      for (const { file, offset, length } of reads) {
        const target = Buffer.alloc(length + 2);
        const expected = contents[file]?.subarray(offset, offset + length) ?? Buffer.alloc(0);
        const count = ahead.read(pathOf(file), offset, { target, at: 1, length });
        expect(count).toBeLessThanOrEqual(expected.length);
        expect(count > 0).toBe(expected.length > 0);
        expect(target.subarray(1, 1 + count).equals(expected.subarray(0, count))).toBe(true);
        expect(openHere() - before).toBeLessThanOrEqual(openMax);
      }
      ahead.close();
      expect(openHere()).toBe(before);
    }),
    { numRuns: 30 },
  );
});
