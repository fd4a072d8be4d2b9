// The loop's promise: what follows a journal command happens when its records are on disk, in order, and not at all when they
// cannot be. Method: real scheduler, real journal; each command that is carried out looks at what a crash would leave.

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createState, type JobFacts, type JournalRecord, jobsOf, replay, type SchedulerCommand } from '@sheaf/coordinator/scheduler';
import { type JobId, jobIdOf, parseJobId, parseWorkerId, sessionIdOf } from '@sheaf/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../packages/coordinator/src/server/journal.ts';
import { type CommandHandlers, Loop, type Told } from '../../../packages/coordinator/src/server/loop.ts';
import { mapOnly } from './sample-job.ts';

let directory = '';
let journal: Journal<JournalRecord>;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sheaf-loop-'));
  journal = await Journal.open<JournalRecord>(join(directory, 'state'));
});
afterEach(() => {
  journal.close();
  rmSync(directory, { recursive: true });
});

/** Types of the records that a coordinator would find if this one were killed now. */
async function afterCrash(): Promise<string[]> {
  const path = mkdtempSync(join(directory, 'image-'));
  mkdirSync(path, { recursive: true });
  for (const name of readdirSync(join(directory, 'state'))) copyFileSync(join(directory, 'state', name), join(path, name));
  const image = await Journal.open<JournalRecord>(path);
  const types = [...image.replay()].map(({ type }) => type);
  image.close();
  return types;
}

const facts: JobFacts = {
  ...{ id: parseJobId('jsample000001'), name: 'copy', staging: { 0: '/staging' }, output: ['/out'] },
  ...{ attemptsGiven: false, overwrite: false, submittedAt: 1 },
  opening: {
    ...{ job: parseJobId('jsample000001'), name: 'copy', bundle: 'b', sourceMap: null, graphHash: 'g', graph: JSON.stringify(mapOnly) },
    ...{ params: new Uint8Array(), blobs: {}, nonces: [] },
  },
  plan: {
    graphHash: 'g',
    files: { 0: [[{ path: '/in', size: 2, modifiedMs: 0, packed: null }]] },
    splits: { 0: [{ input: 0, pieces: [{ file: 0, from: 0, to: 2 }] }] },
    counts: { 0: 1 },
  },
};

const joined: Told = {
  ...{ type: 'worker-joined', cause: 'test', session: sessionIdOf(1 as never, 1), held: [], running: [] },
  worker: { id: parseWorkerId('w0000000a'), host: 'h', pid: 1, slots: 2, labels: [], address: 'h:1', directory: '/w' },
};

interface WatchedLoop {
  readonly loop: Loop;
  readonly carriedOut: { readonly command: SchedulerCommand; readonly onDisk: Promise<string[]> }[];
  readonly halted: Promise<Error>;
  /** From now on commands are only answered, and not kept. */
  readonly answer: (how: (command: SchedulerCommand) => void) => void;
}

function startLoop(): WatchedLoop {
  const carriedOut: WatchedLoop['carriedOut'] = [];
  let take = (command: SchedulerCommand): void => void carriedOut.push({ command, onDisk: afterCrash() });
  const types = [
    'send',
    'end-session',
    'publish-outputs',
    'abort-outputs',
    'answer-cancel',
    'note-job',
    'job-ended',
    'log-fenced',
  ] as const;
  const handlers = Object.fromEntries(
    types.map(type => [type, (command: SchedulerCommand) => take(command)]),
  ) as unknown as CommandHandlers;
  let loop: Loop | undefined;
  const halted = new Promise<Error>(onHalt => {
    loop = new Loop({ state: createState(journal.epoch), journal, handlers, follow: () => {}, onHalt });
  });
  const answer = (how: typeof take): void => {
    take = how;
  };
  return { loop: loop as Loop, carriedOut, halted, answer };
}

const named = ({ command }: WatchedLoop['carriedOut'][number]): string => (command.type === 'send' ? command.message.type : command.type);

describe('the loop', () => {
  it('carries out what follows a record when the record is on disk, and keeps the order over all events', async () => {
    const { loop, carriedOut } = startLoop();
    loop.tell({ type: 'coordinator-started', cause: 'test' });
    loop.tell(joined);
    loop.tell({ type: 'job-submitted', cause: 'test', job: facts });
    loop.tell({ type: 'cancel-requested', cause: 'test', job: facts.id, request: 1, reason: 'r' });
    expect(carriedOut.map(named)).toEqual(['welcome']);
    await loop.reached();
    expect(carriedOut.map(named).slice(0, 3)).toEqual(['welcome', 'open-job', 'assign']);
    expect(carriedOut.map(named)).toContain('abort-outputs');
    const onDisk = await Promise.all(carriedOut.map(entry => entry.onDisk));
    carriedOut.forEach((entry, at) => {
      if (named(entry) === 'assign') expect(onDisk[at]).toContain('job-accepted');
      if (named(entry) === 'abort-outputs') expect(onDisk[at]).toEqual(['job-accepted', 'abort-started']);
    });
    loop.stop();
  });

  it('stops for good when the disk fails, and nothing that follows happens', async () => {
    const { loop, carriedOut, halted } = startLoop();
    loop.tell(joined);
    (journal as unknown as { database: { exec(sql: string): void } }).database.exec('DROP TABLE head');
    loop.tell({ type: 'job-submitted', cause: 'test', job: facts });
    expect((await halted).message).toContain('E_JOURNAL_WRITE');
    loop.tell({ type: 'cancel-requested', cause: 'test', job: facts.id, request: 1, reason: 'r' });
    expect(carriedOut.map(named)).toEqual(['welcome']);
    await Promise.allSettled(carriedOut.map(entry => entry.onDisk));
  });

  it('replaces a long journal by the state it led to', async () => {
    const { loop, answer } = startLoop();
    answer(({ type, ...of }) => {
      if (type === 'abort-outputs') loop.tell({ type: 'outputs-aborted', cause: 'test', job: (of as { job: JobId }).job });
    });
    const jobs = 7_000;
    for (let made = 0; made < jobs; made += 1) {
      const id = jobIdOf(made, '0000');
      loop.tell({ type: 'job-submitted', cause: 'test', job: { ...facts, id } });
      loop.tell({ type: 'cancel-requested', cause: 'test', job: id, request: made, reason: 'r' });
      if (made % 100 === 0) await loop.reached();
    }
    await loop.reached();
    await loop.reached();
    expect(journal.rows).toBeLessThan(20_000);
    const before = jobsOf(loop.state);
    loop.stop();
    journal.close();
    journal = await Journal.open<JournalRecord>(join(directory, 'state'));
    const state = createState(journal.epoch);
    for (const record of journal.replay()) replay(state, record);
    expect(jobsOf(state)).toEqual(before);
  });

  it('stops for good at a bug of ours', async () => {
    const { loop, halted } = startLoop();
    loop.tell({ type: 'job-submitted', cause: 'test', job: { ...facts, opening: { ...facts.opening, graph: 'no JSON' } } });
    expect((await halted).message).toContain('JSON');
  });
});
