// What a stage's tasks took, by property: after any history of commits and losses the measures are those of the tasks that count.

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { counterNames } from '../../../packages/coordinator/src/scheduler/counter-table.ts';
import { type MeasuredTask, TaskMeasures } from '../../../packages/coordinator/src/scheduler/task-measures.ts';

const tasks = 9;
const none = new Float64Array(counterNames.length);

const measured: fc.Arbitrary<MeasuredTask> = fc.record({
  durationMs: fc.nat(10_000),
  cpuMs: fc.nat(10_000),
  records: fc.nat(1_000_000),
  bytes: fc.nat(1_000_000),
});
const change = fc.record({ task: fc.nat(tasks - 1), took: measured, asked: fc.boolean() });

describe('the measures of a stage', () => {
  test.prop([fc.array(change, { maxLength: 60 })])('are those of the tasks that count', changes => {
    const measures = new TaskMeasures(tasks, [3, 5]);
    const counting = new Map<number, MeasuredTask>();
    for (const [at, { task, took, asked }] of changes.entries()) {
      const before = counting.get(task);
      if (before === undefined) {
        measures.set(task, 20_000 + at, took);
        measures.count(task, { by: 1, sent: sentBy(took) });
        counting.set(task, took);
      } else {
        measures.count(task, { by: -1, sent: sentBy(before) });
        counting.delete(task);
      }
      if (asked) measures.measures(none);
    }
    const all = [...counting.values()];
    const sum = (name: Exclude<keyof MeasuredTask, 'joined'>): number => all.reduce((total, one) => total + one[name], 0);
    const result = measures.measures(none);
    if (all.length === 0) {
      expect(result).toBeNull();
      return;
    }
    expect(result).toMatchObject({ taskMs: sum('durationMs'), cpuMs: sum('cpuMs') });
    expect(result?.sent).toEqual([3, 5].map(edge => ({ edge, records: sum('records'), bytes: sum('bytes') })));
    for (const [name, spread] of [
      ['durationMs', result?.task.ms],
      ['records', result?.task.records],
    ] as const) {
      const sorted = all.map(one => one[name]).sort((a, b) => a - b);
      expect(spread).toMatchObject({ min: sorted[0], median: sorted[(sorted.length - 1) >> 1], max: sorted.at(-1) });
      expect(counting.get(spread?.largest ?? -1)?.[name]).toBe(sorted.at(-1));
    }
  });

  it('of a join add up its keys, and keep the first examples', () => {
    const measures = new TaskMeasures(2, []);
    const took = { durationMs: 3, cpuMs: 1, records: 1, bytes: 1 };
    measures.set(0, 1_000, { ...took, joined: { keys: 0, left: '7 (number)', right: null } });
    measures.set(1, 1_000, { ...took, joined: { keys: 4, left: '8 (number)', right: '"7" (string)' } });
    for (const task of [0, 1]) measures.count(task, { by: 1, sent: [] });
    expect(measures.measures(none)?.joined).toEqual({ keys: 4, left: '7 (number)', right: '"7" (string)' });
    measures.count(1, { by: -1, sent: [] });
    expect(measures.measures(none)?.joined).toMatchObject({ keys: 0 });
    expect(measures.took(1)).toEqual({ durationMs: 3, cpuMs: 1, joined: { keys: 4, left: '7 (number)', right: '"7" (string)' } });
  });

  it('span from the start of the first task to the end of the last', () => {
    const measures = new TaskMeasures(2, []);
    const took = { durationMs: 300, cpuMs: 1, records: 1, bytes: 1 };
    measures.set(0, 1_000, took);
    measures.count(0, { by: 1, sent: [] });
    measures.set(1, 1_900, took);
    measures.count(1, { by: 1, sent: [] });
    expect(measures.measures(none)).toMatchObject({ startedAt: 700, endedAt: 1_900 });
  });

  it('are told of half a large stage without sorting it each time', () => {
    const measures = new TaskMeasures(100_000, []);
    const startedAt = process.cpuUsage();
    for (let task = 0; task < 50_000; task++) {
      measures.set(task, task, { durationMs: task % 1_000, cpuMs: 0, records: 0, bytes: 0 });
      measures.count(task, { by: 1, sent: [] });
      measures.measures(none);
    }
    expect(process.cpuUsage(startedAt).user).toBeLessThan(5_000_000);
  });
});

function sentBy({ records, bytes }: MeasuredTask): { edge: number; records: number; bytes: number }[] {
  return [3, 5].map(edge => ({ edge, records, bytes }));
}
