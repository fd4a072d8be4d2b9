// Each warning of `explain`: when it is told, in which words, and when there is nothing to tell.

import type { StageMeasures } from '@sheaf/protocol/messages';
import { describe, expect, it } from 'vitest';
import { explainPlan } from '../../../packages/sheaf/src/explain/explained.ts';
import { planWarnings } from '../../../packages/sheaf/src/explain/plan-warnings.ts';
import { runWarnings } from '../../../packages/sheaf/src/explain/run-warnings.ts';
import type { InputPlan } from '../../../packages/sheaf/src/explain/stage-plan.ts';
import { outline, plan, planned, ran, ranWith } from './sample.ts';

function warningsFor(input: Partial<InputPlan>, tasks = 10): string[] {
  const [read, ...rest] = plan;
  const whole: InputPlan = { paths: ['in/*'], files: 1, bytes: 1, packed: 0, uncut: null, ...input };
  return planWarnings(explainPlan('bills', outline, [{ ...read!, tasks, inputs: [whole] }, ...rest]));
}

describe('before a run', () => {
  it('a plan that costs nothing extra is not warned of', () => {
    expect(planWarnings(planned)).toEqual([]);
  });

  it('many small files', () => {
    expect(warningsFor({ files: 10_000, bytes: 10_240_000 })).toEqual([
      'read: in/*: 10,000 files of 1.0 kB on average, packed into 10 tasks: opening them takes longer than reading them. Put them into fewer, larger files',
    ]);
    expect(warningsFor({ files: 10_000, bytes: 10_000_000_000 })).toEqual([]);
    expect(warningsFor({ files: 100, bytes: 100_000 })).toEqual([]);
  });

  it.each([
    ['gz', 'gz files cannot be cut. Write it as several files, or unpacked'],
    ['csv', 'csv with line breaks in quotes is cut only above settings.splitMb. If it has none, say { multiline: false }'],
    ['file', 'from.files gives whole files. Take a format with records, or smaller files'],
  ] as const)('a file that cannot be cut, of %s', (why, advice) => {
    expect(warningsFor({ files: 3, bytes: 1_000_000_000, uncut: { why, bytes: 800_000_000 } })).toEqual([
      `read: in/*: one task reads 800.0 MB alone, 80 % of the input: ${advice}`,
    ]);
    // One of many of its size, or a small one, holds nobody up.
    expect(warningsFor({ files: 100, bytes: 10_000_000_000, uncut: { why, bytes: 100_000_000 } })).toEqual([]);
    expect(warningsFor({ files: 1, bytes: 9_000_000, uncut: { why, bytes: 9_000_000 } })).toEqual([]);
  });

  it('more pieces than a shuffle is good for', () => {
    const stages = plan.map(stage => ({ ...stage, tasks: stage.stage === 'join' ? 10_000 : stage.tasks }));
    const many = stages.map(stage => (stage.stage === 'read' ? { ...stage, tasks: 20_000 } : stage));
    expect(planWarnings(explainPlan('bills', outline, stages))).toEqual([]);
    expect(planWarnings(explainPlan('bills', outline, many))).toEqual([
      'read → join: 20000 × 10000 pieces are shuffled: fewer reducers or larger splits cost less',
    ]);
  });
});

describe('after a run', () => {
  it('one that went well is not warned of', () => {
    expect(runWarnings(ran)).toEqual([]);
  });

  it('a group of many values a key, without a combiner', () => {
    const grouped = (changes: Partial<StageMeasures>): string[] => {
      const explained = ranWith(
        'join',
        measured => ({ ...measured, joined: undefined as never, recordsIn: 1_000_000, bytesIn: 20_000_000, groups: 5_000, ...changes }),
        'group',
      );
      const edges = explained.edges.map(edge => ({ ...edge, combiner: null }));
      expect(runWarnings(explained)).toEqual([]);
      expect(runWarnings({ ...explained, edges: edges.map(edge => ({ ...edge, sorted: 'day' })) })).toEqual([]);
      return runWarnings({ ...explained, edges });
    };
    expect(grouped({})).toEqual([
      'join got 1,000,000 values (20.0 MB) of 5,000 keys: if they can be folded in any order, a combine (in a plan: reduce or aggregate in place of group) would send 85,000 at most',
    ]);
    // As many keys as values, or few of both: a combiner would fold nothing.
    expect(grouped({ groups: 400_000 })).toEqual([]);
    expect(grouped({ recordsIn: 5_000, groups: 5 })).toEqual([]);
  });

  it('a join that finds no key on both sides, with an example of each', () => {
    const found = (joined: StageMeasures['joined']): string[] =>
      runWarnings(ranWith('join', measured => ({ ...measured, ...(joined === undefined ? {} : { joined }) })));
    expect(found({ keys: 0, left: '"7" (string)', right: '7 (number)' })).toEqual([
      'join (of read and read 2) found no key on both sides: left has "7" (string), right has 7 (number). Keys join when they are equal and of one type',
    ]);
    expect(found({ keys: 1, left: '"7" (string)', right: '7 (number)' })).toEqual([]);
    // A side without records is not a mistake of keys.
    expect(found({ keys: 0, left: '"7" (string)', right: null })).toEqual([]);
  });

  it('a broadcast join that finds no partner', () => {
    const joined = { keys: 0, left: '"7" (string)', right: '7 (number)' };
    const { stages, edges, ...run } = ranWith('sort', measured => ({ ...measured, joined }));
    expect(runWarnings({ ...run, stages, edges })).toEqual([
      'sort (with what splitters broadcasts) found no key on both sides: left has "7" (string), right has 7 (number). Keys join when they are equal and of one type',
    ]);
  });

  it('one task of a shuffle that has most of the bytes', () => {
    const skewed = (bytes: StageMeasures['task']['bytes'], name = 'join'): string[] =>
      runWarnings(
        ranWith(name, measured => ({
          ...measured,
          bytesIn: 100_000_000,
          task: { ...measured.task, bytes, ms: { min: 10, median: 2_000, max: 61_000, largest: 2 } },
        })),
      );
    const large = { min: 0, median: 2_000_000, max: 94_000_000, largest: 2 };
    expect(skewed(large)).toEqual([
      'join: task 2 of 4 read 94.0 MB, 94 % of the bytes, 47 times the median. It took 1m 1s, the median task 2.0 s; a key has most of the records: fold before the shuffle (reduce, aggregate), drop the key if it stands for nothing, or add to it',
    ]);
    expect(skewed({ ...large, median: 30_000_000, max: 40_000_000 })).toEqual([]);
    // What reads files was cut by size: large splits are warned of before the run.
    expect(skewed(large, 'read')).toEqual([]);
  });
});
