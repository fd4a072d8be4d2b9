// Lines of progress: what an executor writes is what its worker reads, in one piece of a pipe, whatever file names, keys and
// records look like; and what a job writes to the pipe is not taken for one.

import { fc, test } from '@fast-check/vitest';
import { attemptIdOf, epochOf, limits } from '@sheaf/protocol';
import { expect, it } from 'vitest';
import { type ProgressLine, progressText, readProgressLine } from '../../../packages/worker/src/executor/progress-line.ts';

const attempt = attemptIdOf(epochOf(1), 7);
const whole = fc.maxSafeNat();
const text = fc.string({ unit: 'binary', maxLength: 300 });

const line: fc.Arbitrary<ProgressLine> = fc.record(
  {
    attempt: fc.constant(attempt),
    records: whole,
    bytes: whole,
    place: fc.record({ file: text, offset: whole, preview: text, key: text, valueIndex: whole }, { requiredKeys: [] }),
    exit: text,
  },
  { requiredKeys: ['attempt', 'records', 'bytes'] },
);

test.prop([line])('are read as they were written', written => {
  const encoded = progressText(written);
  expect(encoded).toMatch(/^[\x20-\x7e]+\n$/);
  if (JSON.stringify(written).length < 500) expect(readProgressLine(encoded)).toEqual(written);
});

it('are never longer than a pipe takes at once, and keep what matters most', () => {
  const preview = '\u4e2d'.repeat(limits.recordPreviewChars);
  const file = `/in/${'x'.repeat(2_500)}`;
  const exit = 'at map (job.ts:3:7)\n'.repeat(20);
  const counts = { attempt, records: 5, bytes: 50 };
  const read = (place: ProgressLine['place'], stack: string) => {
    const encoded = progressText({ ...counts, ...(place === undefined ? {} : { place }), exit: stack });
    expect(encoded.length).toBeLessThanOrEqual(limits.progressLineBytesMax);
    return readProgressLine(encoded);
  };
  expect(read({ file, offset: 1, preview }, exit)).toEqual({ ...counts, place: { file, offset: 1 }, exit });
  expect(read({ file, offset: 1, preview }, exit.repeat(9))).toEqual({ ...counts, place: { file, offset: 1 }, exit: '' });
  expect(read({ file: file.repeat(2), offset: 1 }, exit)).toEqual(counts);
});

test.prop([fc.oneof(fc.string({ unit: 'binary' }), fc.json())])('that a job has made up are no lines', garbage => {
  expect(readProgressLine(garbage)).toBeNull();
});

it('with anything but whole numbers and texts are not read, or without it', () => {
  for (const records of [-1, 1.5, '1', null, 2 ** 53]) expect(readProgressLine(JSON.stringify({ attempt, records, bytes: 0 }))).toBeNull();
  const place = { file: 7, offset: -1, key: {}, line: 'x', extra: 1 };
  expect(readProgressLine(JSON.stringify({ attempt, records: 0, bytes: 0, place, exit: 1 }))).toEqual({
    attempt,
    records: 0,
    bytes: 0,
    place: {},
  });
});
