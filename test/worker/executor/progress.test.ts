// Progress is told in time: slow work behind quick work, and work that ends no record.

import { limits } from '@sheaf/protocol';
import { describe, expect, test } from 'vitest';
import { Progress } from '../../../packages/worker/src/executor/progress.ts';

interface Told {
  readonly at: number;
  readonly records: number;
  readonly bytes: number;
}

/** A progress on a clock of its own, in milliseconds. */
function onClock(earlyReports = 0): { progress: Progress; told: Told[]; pass: (ms: number) => void } {
  let at = 0;
  const told: Told[] = [];
  const progress = new Progress((records, bytes) => told.push({ at, records, bytes }), { earlyReports, now: () => at });
  return { progress, told, pass: ms => (at += ms) };
}

describe('progress', () => {
  test.each([1, 100, 2_000])('of records of %i ms behind a million quick ones is told soon', ms => {
    const { progress, told, pass } = onClock();
    for (let i = 0; i < 1_000_000; i++) {
      pass(0.0005);
      progress.tick();
    }
    for (let i = 0; i < 5_000; i++) {
      pass(ms);
      progress.tick();
    }
    const times = [0, ...told.map(one => one.at)];
    // A few seconds, or what 128 such records take, are far below any timeout.
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeLessThan(1_500 + 128 * ms);
    expect(told.length).toBeGreaterThan(2);
    expect(told.at(-1)?.records).toBeGreaterThan(1_000_000 + 4_000);
  });

  test('of a record that takes long is told when it ends, and of the next', () => {
    const { progress, told, pass } = onClock();
    for (let i = 0; i < 5; i++) {
      pass(60_000);
      progress.tick();
    }
    expect(told.map(({ records }) => records)).toEqual([1, 2, 3, 4, 5]);
  });

  test('is a change also when no record ended', () => {
    const { progress, told, pass } = onClock();
    for (let i = 0; i < 3; i++) {
      pass(5_000);
      progress.advance();
    }
    expect(told.map(({ records, bytes }) => [records, bytes])).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
  });

  test('is not told more than once a second', () => {
    const { progress, told, pass } = onClock();
    for (let i = 0; i < 100_000; i++) {
      pass(0.1);
      progress.tick();
    }
    expect(told.length).toBeLessThanOrEqual(10);
    expect(told.length).toBeGreaterThanOrEqual(9);
  });

  test('is told a few times more at the start, when it is asked to', () => {
    const { progress, told, pass } = onClock(limits.earlyProgressReports);
    for (let i = 0; i < 100_000; i++) {
      pass(0.1);
      progress.tick();
    }
    const early = told.slice(0, limits.earlyProgressReports);
    expect(early.map(({ records }) => records)).toEqual([1, 3, 7, 15, 31, 63, 127, 255]);
    expect(told.length - early.length).toBeLessThanOrEqual(10);
    expect(told.length - early.length).toBeGreaterThanOrEqual(9);
  });
});
