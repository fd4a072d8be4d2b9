// A plan and a run of it, by hand: what the texts and pictures of `explain` are tested with.

import type { JobStatus, Outline, StageMeasures, StageStatus } from '@sheaf/protocol/messages';
import { type Explained, explainPlan, explainRun } from '../../../packages/sheaf/src/explain/explained.ts';
import type { StagePlan } from '../../../packages/sheaf/src/explain/stage-plan.ts';

const operator = (text: string, line: number, ends = false) => ({ text, place: `bills.ts:${line}:5`, ends });
const plain = { key: '', sorted: '', combiner: null, side: null };

/** Sales by user, joined with users, sorted. */
export const outline: Outline = {
  stages: [
    {
      name: 'read',
      operators: [
        operator('read sales/*.csv', 6),
        operator('filter s => s.amount > 10', 8),
        operator('keyBy user', 9, true),
        operator('keyBy day', 10, true),
      ],
      ...{ reads: ['sales/*.csv'], writes: [], keys: null },
    },
    { name: 'read 2', operators: [operator('read users.csv', 7)], reads: ['users.csv'], writes: [], keys: null },
    { name: 'join', operators: [operator('join', 11), operator('rows "<user>" & amount', 12)], reads: [], writes: [], keys: 'join' },
    { name: 'splitters', operators: [], reads: [], writes: [], keys: null },
    {
      name: 'sort',
      operators: [operator('sortBy amount desc', 13), operator('write bills', 14)],
      reads: [],
      writes: ['bills'],
      keys: null,
    },
  ],
  edges: [
    { ...plain, from: 0, to: 2, type: 'hash', key: 'user', combiner: 'sum', side: 0 },
    { ...plain, from: 1, to: 2, type: 'hash', key: 'user', side: 1 },
    { ...plain, from: 2, to: 4, type: 'range', key: 'amount desc' },
    { ...plain, from: 2, to: 3, type: 'sample' },
    { ...plain, from: 3, to: 4, type: 'broadcast' },
  ],
};

const files = { paths: ['sales/*.csv'], files: 12, bytes: 256_000_000, packed: 0, uncut: null };
const partitions = { inputs: [], splitBytes: null };

export const plan: readonly StagePlan[] = [
  { stage: 'read', tasks: 16, inputs: [files], splitBytes: { min: 4_000_000, max: 16_000_000 } },
  {
    stage: 'read 2',
    tasks: 1,
    inputs: [{ ...files, paths: ['users.csv'], files: 1, bytes: 9_000 }],
    splitBytes: { min: 9_000, max: 9_000 },
  },
  { stage: 'join', tasks: 4, ...partitions },
  { stage: 'splitters', tasks: 1, ...partitions },
  { stage: 'sort', tasks: null, ...partitions },
];

interface Took {
  /** Start and end, in seconds after the job's start. */
  readonly from: number;
  readonly to: number;
  readonly records: number;
  readonly bytes: number;
}

/** Measures of a stage whose tasks are all alike. */
export function measures(tasks: number, { from, to, records, bytes }: Took, changes: Partial<StageMeasures> = {}): StageMeasures {
  const each = (sum: number) => ({ min: sum / tasks, median: sum / tasks, max: sum / tasks, largest: 0 });
  const taskMs = (to - from) * 2_000;
  return {
    ...{ startedAt: 1_000_000 + from * 1000, endedAt: 1_000_000 + to * 1000, taskMs, cpuMs: taskMs * 0.9 },
    ...{ recordsIn: records, bytesIn: bytes, recordsOut: 0, bytesOut: 0, spills: 0, spilledBytes: 0, combinedRecords: 0, groups: 0 },
    sent: [],
    task: { ms: each(taskMs), records: each(records), bytes: each(bytes) },
    ...changes,
  };
}

function stage(name: string, tasks: number, measured: StageMeasures): StageStatus {
  const { recordsIn: records, bytesIn: bytes } = measured;
  return { name, total: tasks, done: tasks, running: 0, failed: 0, records, bytes, measured };
}

export const joined = { keys: 48, left: '"x" (string)', right: null };

export const status: JobStatus = {
  ...{ id: 'jabcdefgh1234' as JobStatus['id'], name: 'bills', state: 'succeeded', counters: {}, output: ['/data/bills'], error: null },
  ...{ submittedAt: 999_000, startedAt: 1_000_000, endedAt: 1_012_500 },
  stages: [
    stage(
      ...(['read', 16] as const),
      measures(
        16,
        { from: 0, to: 8, records: 4_000_000, bytes: 256_000_000 },
        { sent: [{ edge: 0, records: 800, bytes: 12_000 }], spills: 40, spilledBytes: 3_000_000 },
      ),
    ),
    stage(
      'read 2',
      1,
      measures(1, { from: 0, to: 1, records: 50, bytes: 9_000 }, { sent: [{ edge: 1, records: 50, bytes: 900 }], spills: 1 }),
    ),
    stage(
      'join',
      4,
      measures(
        4,
        { from: 8.1, to: 9, records: 850, bytes: 12_900 },
        {
          sent: [
            { edge: 2, records: 48, bytes: 800 },
            { edge: 3, records: 4, bytes: 80 },
          ],
          joined,
        },
      ),
    ),
    stage('splitters', 1, measures(1, { from: 9.1, to: 9.2, records: 4, bytes: 80 }, { sent: [{ edge: 4, records: 1, bytes: 40 }] })),
    stage('sort', 2, measures(2, { from: 9.3, to: 12, records: 48, bytes: 800 }, { recordsOut: 48, bytesOut: 1_200 })),
  ],
};

export const planned: Explained = explainPlan('bills', outline, plan);
export const ran: Explained = explainRun(outline, status);

/** The run with the measures of one stage changed. */
export function ranWith(
  name: string,
  change: (measured: StageMeasures) => StageMeasures,
  keys: Outline['stages'][number]['keys'] = null,
): Explained {
  const stages = status.stages.map(one => (one.name === name && one.measured ? { ...one, measured: change(one.measured) } : one));
  const outlined = outline.stages.map(one => (one.name === name ? { ...one, keys: keys ?? one.keys } : one));
  return explainRun({ ...outline, stages: outlined }, { ...status, stages });
}
