// What golden conversations would say at too great length: which worker gets what, what a bug of ours looks like, limits, size.

import { epochOf, limits, parseWorkerId, type SessionId, sessionIdOf } from '@sheaf/protocol';
import type { TaskAssignment } from '@sheaf/protocol/messages';
import { chain, jobFacts, jobNamed } from '@sheaf/simulator';
import { describe, expect, it } from 'vitest';
import {
  checkInvariants,
  createState,
  type JobFacts,
  outlineOf,
  recordsOf,
  roomForJob,
  type SchedulerCommand,
  type SchedulerState,
  statusOf,
  step,
  story,
} from '../../../packages/coordinator/src/scheduler/index.ts';
import { replay } from '../../../packages/coordinator/src/scheduler/replay.ts';

function start(): SchedulerState {
  const state = createState(epochOf(1));
  step(state, { type: 'coordinator-started', at: 0, cause: 'start' });
  return state;
}

function submit(state: SchedulerState, job: JobFacts): SchedulerCommand[] {
  return step(state, { type: 'job-submitted', at: state.now, cause: 'submit', job });
}

interface Joining {
  readonly slots?: number;
  readonly labels?: readonly string[];
}

function join(state: SchedulerState, number: number, { slots = 1, labels = [] }: Joining = {}): SchedulerCommand[] {
  return step(state, {
    ...{ type: 'worker-joined', at: state.now, cause: 'hello', session: sessionOf(number), held: [], running: [] },
    worker: {
      ...{ id: parseWorkerId(`w${String(number).padStart(8, '0')}`), host: 'host', pid: 1, slots, labels },
      ...{ address: `host:${number}`, directory: '/maps' },
    },
  });
}

function sessionOf(number: number): SessionId {
  return sessionIdOf(epochOf(1), number);
}

function assigned(commands: readonly SchedulerCommand[]): (TaskAssignment & { readonly session: SessionId })[] {
  return commands.flatMap(command =>
    command.type === 'send' && command.message.type === 'assign' ? [{ ...command.message.assignment, session: command.session }] : [],
  );
}

const succeed = (state: SchedulerState, { session, job, stage, task, attempt, partitions, staging }: ReturnType<typeof assigned>[number]) =>
  step(state, {
    ...{ type: 'attempt-succeeded', at: state.now, cause: 'succeeded', session, name: { job, stage, task, attempt } },
    result: {
      outputs: Object.keys(partitions).map(edge => ({
        ...{ edge: Number(edge), path: '/x', bytes: 1, records: 1, hash: '0'.repeat(32), partitionBytes: [1] },
      })),
      parts: Object.keys(staging).map(output => ({ output: Number(output), token: attempt, bytes: 1, records: 1, sha256: '' })),
      counters: {
        ...{ recordsIn: 1, bytesIn: 1, recordsOut: 1, bytesOut: 1, spills: 1, spilledBytes: 1, combinedRecords: 1, groups: 1 },
        ...{ skippedRecords: 1, invalidUtf8: 1, user: {} },
      },
      ...{ durationMs: 1, cpuMs: 1, peakRssBytes: 1 },
    },
  });

describe('who gets what', () => {
  it('spreads tasks over workers, the least loaded first', () => {
    const state = start();
    join(state, 1, { slots: 4 });
    join(state, 2, { slots: 4 });
    const given = assigned(submit(state, chain('a', [4])));
    expect(given.map(({ task, session }) => [task, session])).toEqual([
      [0, '1.1'],
      [1, '1.2'],
      [2, '1.1'],
      [3, '1.2'],
    ]);
  });

  it('gives a stage only to workers that have its labels and room for its slots', () => {
    const state = start();
    const job = jobFacts({ id: jobNamed('a'), stages: [{ name: 'map', tasks: 3, outputs: [0], slots: 2, labels: ['gpu'] }], edges: [] });
    join(state, 1, { slots: 8 });
    submit(state, job);
    expect(assigned(join(state, 2, { slots: 1, labels: ['gpu'] }))).toEqual([]);
    expect(assigned(join(state, 3, { slots: 5, labels: ['big', 'gpu'] })).map(({ task }) => task)).toEqual([0, 1]);
    checkInvariants(state);
  });

  it('sends a failed task to its worker again when no other has room', () => {
    const state = start();
    join(state, 1);
    const [first] = assigned(submit(state, chain('a', [1])));
    const { job, stage, task, attempt } = first!;
    const failure = { code: 'E_USER_CODE', message: 'no' } as const;
    const commands = step(state, {
      ...{ type: 'attempt-failed', at: 0, cause: 'failed', session: sessionOf(1), name: { job, stage, task, attempt }, failure },
    });
    expect(assigned(commands).map(({ number, session }) => [number, session])).toEqual([[2, '1.1']]);
  });
});

describe('results that do not fit', () => {
  it('fail the attempt and not the coordinator', () => {
    const state = start();
    join(state, 1);
    const [first] = assigned(submit(state, chain('a', [1, 1])));
    const commands = succeed(state, { ...first!, partitions: { 5: 1 } });
    const notes = commands.flatMap(command => (command.type === 'note-job' ? [command.note.text] : []));
    expect(notes).toEqual(['map@0 on w00000001: a task of map gave outputs on edges 5']);
    checkInvariants(state);
  });

  it('that count under too many names fail the job', () => {
    const state = start();
    join(state, 1);
    const [first] = assigned(submit(state, chain('a', [1])));
    const { session, job, stage, task, attempt } = first!;
    const names = Array.from({ length: limits.countersPerJobMax + 1 }, (_, i) => [`name ${i}`, 1] as const);
    const nothing = { recordsOut: 0, bytesOut: 0, spills: 0, spilledBytes: 0, combinedRecords: 0, groups: 0, skippedRecords: 0 };
    step(state, {
      ...{ type: 'attempt-succeeded', at: 0, cause: 'succeeded', session, name: { job, stage, task, attempt } },
      result: {
        outputs: [],
        parts: [{ output: 0, token: 'x', bytes: 1, records: 1, sha256: '' }],
        counters: { recordsIn: 1, bytesIn: 1, ...nothing, invalidUtf8: 0, user: Object.fromEntries(names) },
        ...{ durationMs: 1, cpuMs: 1, peakRssBytes: 1 },
      },
    });
    expect(statusOf(state, job)?.error?.code).toBe('E_TOO_MANY_COUNTERS');
  });
});

describe('limits', () => {
  it('refuses more unfinished jobs than may queue', () => {
    const state = start();
    for (let i = 0; i < limits.jobsQueuedMax; i++) {
      expect(roomForJob(state)).toBe(true);
      submit(state, { ...chain('a', [1]), id: jobNamed(i.toString(36)) });
    }
    expect(roomForJob(state)).toBe(false);
  });

  it('keeps the newest of the ended jobs', () => {
    const state = start();
    for (let i = 0; i < limits.jobsKeptMax + 3; i++) {
      const job = { ...chain('a', [0]), id: jobNamed(i.toString(36)) };
      submit(state, job);
      step(state, { type: 'outputs-published', at: 0, cause: 'published', job: job.id });
    }
    expect(state.ended.size).toBe(limits.jobsKeptMax);
    expect(statusOf(state, jobNamed('0'))).toBe(null);
    expect(statusOf(state, jobNamed((limits.jobsKeptMax + 2).toString(36)))?.state).toBe('succeeded');
  });

  it('keeps the outlines of the newest jobs that ended, through a restart too', () => {
    const state = start();
    const text = 'x'.repeat(limits.outlineCharsMax);
    const fit = Math.floor(limits.outlinesKeptCharsMax / text.length);
    for (let i = 0; i <= fit; i++) {
      const job = { ...chain('a', [0]), id: jobNamed(i.toString(36)), outline: text };
      submit(state, job);
      expect(outlineOf(state, job.id)).toBe(text);
      step(state, { type: 'outputs-published', at: 0, cause: 'published', job: job.id });
    }
    const again = createState(epochOf(2));
    for (const record of recordsOf(state)) replay(again, record);
    for (const known of [state, again]) {
      expect(outlineOf(known, jobNamed('0'))).toBeNull();
      expect(statusOf(known, jobNamed('0'))?.state).toBe('succeeded');
      expect(outlineOf(known, jobNamed('1'))).toBe(text);
    }
  });

  it('does not forget locations between messages of limited size', () => {
    const state = start();
    const tasks = 3 * limits.locationsPerMessageMax + 500;
    join(state, 1, { slots: limits.slotsMax });
    let queue = assigned(submit(state, chain('a', [tasks, 1])));
    const sizes: number[] = [];
    while (queue.length > 0) {
      const steps = queue.map(assignment => succeed(state, assignment));
      for (const commands of steps) {
        const messages = commands.flatMap(command => (command.type === 'send' ? [command.message] : []));
        const told = messages.flatMap(message => (message.type === 'locations' ? [message.entries.length] : []));
        expect(told.length, 'locations of one step').toBeLessThanOrEqual(1);
        sizes.push(...told);
      }
      queue = assigned(steps.flat());
    }
    expect(sizes).toEqual([...Array.from({ length: 3 }, () => limits.locationsPerMessageMax), 500]);
  });
});

describe('a bug of ours', () => {
  it('throws with the story of the task', () => {
    const state = start();
    submit(state, chain('a', [1, 1]));
    join(state, 1);
    const record = { type: 'task-uncommitted', job: jobNamed('a'), stage: 0, task: 0, outdated: false } as const;
    const other = start();
    replay(other, { type: 'job-accepted', job: chain('a', [1, 1]), generation: 0 });
    expect(() => replay(other, record)).toThrow('cannot go from pending to pending');
    expect(() => replay(state, record)).toThrow('before workers come');
    expect(story(state, { job: jobNamed('a'), stage: 0, task: 0 }).map(entry => [entry.what, entry.cause])).toEqual([
      ['accepted', 'submit'],
      ['assigned to w00000001', 'hello'],
    ]);
  });
});

describe('size', () => {
  it('takes about a hundred and twenty bytes for a task, and picks within half a millisecond', () => {
    const state = start();
    const tasks = 200_000;
    const before = process.memoryUsage();
    submit(state, chain('a', [tasks, 1]));
    let queue = assigned(join(state, 1, { slots: 8 }));
    let done = 0;
    const startedAt = process.cpuUsage();
    while (queue.length > 0 && done < 50_000) {
      done += queue.length;
      queue = queue.flatMap(assignment => assigned(succeed(state, assignment)));
    }
    expect(done).toBeGreaterThanOrEqual(50_000);
    expect(process.cpuUsage(startedAt).user / done).toBeLessThan(500);
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(tasks * 130);
  });
});
