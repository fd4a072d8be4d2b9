// Plays a golden conversation: each command is an event, or lets time pass, and its output is what the scheduler commanded.
// After every step the invariants are checked, and the journal, replayed, must give the same durable state.
//
//   submit A 2 1 [attempts=4] [infra=20] [skip=3]   a chain of stages with so many tasks; `submit-sort A 2`: a total sort
//   submit-coalesced A 2 6 9000             two maps, and six partitions of which a task reads up to 9,000 bytes together
//   join w1 [slots=2] [labels=x,y] [held=none] [running=none] [unheard=1.2] [address=HOST:PORT]
//                                          by default a worker comes back with all that it ran and finished; unheard: it did
//                                          not hear that the end of this attempt was accepted
//   close w1 · heard w1 · draining w1 · drain w1
//   ok A/map@0 [hash=ab] [bytes=10] [skipped=1] [sizes=1,2,3: of each partition] [took=MS] [id=1.2] [from=SESSION]
//   fail A/map@0 CODE [lost=A/map@0] [id=1.2] words …
//   progress A/map@0 records bytes
//   opened A w1 [CODE words …]
//   cancel A · published A · publish-failed A · aborted A
//   wait MS [silent=w1,w2]                 the others send heartbeats
//   stall MS                               the coordinator stands still: no tick, no heartbeat
//   restart                                the coordinator dies and starts again on its journal
//   status A · workers · story A [stage] [task] · snapshot

import { isDeepStrictEqual } from 'node:util';
import {
  type AttemptId,
  epochOf,
  type FailureCode,
  parseAttemptId,
  parseWorkerId,
  type SessionId,
  sessionIdOf,
  type WorkerId,
} from '@sheaf/protocol';
import type { AttemptName, HeldAttempt, MapOutput, RunningAttempt, TaskAssignment, TaskResult } from '@sheaf/protocol/messages';
import { chain, coalesced, jobNamed, totalSort } from '@sheaf/simulator';
import {
  checkInvariants,
  createState,
  type JournalRecord,
  nextWakeAt,
  recordsOf,
  replay,
  type SchedulerCommand,
  type SchedulerEvent,
  type SchedulerState,
  statusOf,
  step,
  story,
  workersOf,
} from '../../../packages/coordinator/src/scheduler/index.ts';
import { renderCommand, renderRecord, shorten } from './rendering.ts';

type Unplaced<Event> = Event extends SchedulerEvent ? Omit<Event, 'at' | 'cause'> : never;

interface PlayedWorker {
  session: SessionId;
  readonly running: Map<AttemptId, TaskAssignment>;
  readonly held: Map<AttemptId, HeldAttempt>;
  /** All that it was ever assigned. */
  readonly assigned: Map<AttemptId, TaskAssignment>;
  /** What it was told to stop; it may still say something of it, when named by its id. */
  readonly stopped: Set<AttemptId>;
}

interface Line {
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

export class Conversation {
  private state: SchedulerState = createState(epochOf(1));
  private readonly journal: JournalRecord[] = [];
  private readonly workers = new Map<string, PlayedWorker>();
  private sessions = 0;
  private requests = 0;
  private now = 0;

  constructor() {
    this.tell({ type: 'coordinator-started' }, 'start');
  }

  /** Carries out one command and gives its output. */
  play(text: string): string {
    const parts = text.split(' ').filter(part => part !== '');
    const isOption = (part: string): boolean => /^[a-z]+=/.test(part);
    const options = new Map(parts.filter(isOption).map(part => part.split('=', 2) as [string, string]));
    const [verb = '', ...words] = parts.filter(part => !isOption(part));
    const line: Line = { words, options };
    const command = this.commands[verb];
    if (command === undefined) throw new Error(`no such command: ${text}`);
    return shorten(command(line, text));
  }

  private readonly commands: { readonly [verb: string]: (line: Line, text: string) => string } = {
    submit: line => this.submit(line),
    'submit-sort': ({ words: [name = '', maps] }) => this.tell({ type: 'job-submitted', job: totalSort(name, Number(maps)) }),
    'submit-coalesced': ({ words: [name = '', maps, partitions, coalesceBytes] }) => {
      const tasks = { partitions: Number(partitions), coalesceBytes: Number(coalesceBytes) };
      return this.tell({ type: 'job-submitted', job: coalesced(name, Number(maps), tasks) });
    },
    join: line => this.join(line),
    close: ({ words: [name = ''] }) => this.tell({ type: 'worker-disconnected', session: this.worker(name).session }),
    heard: ({ words: [name = ''] }) => this.tell({ type: 'worker-heard', session: this.worker(name).session }),
    draining: ({ words: [name = ''] }) => this.tell({ type: 'worker-draining', session: this.worker(name).session }),
    drain: ({ words: [name = ''] }) => this.tell({ type: 'drain-requested', worker: workerNamed(name) }),
    ok: line => this.succeed(line),
    fail: line => this.fail(line),
    progress: line => this.progress(line),
    opened: line => this.opened(line),
    cancel: ({ words: [name = ''] }) =>
      this.tell({ type: 'cancel-requested', job: jobNamed(name), request: ++this.requests, reason: 'asked to' }),
    published: ({ words: [name = ''] }) => this.tell({ type: 'outputs-published', job: jobNamed(name) }),
    'publish-failed': ({ words: [name = ''] }) =>
      this.tell({ type: 'publish-failed', job: jobNamed(name), message: 'the folder cannot be renamed' }),
    aborted: ({ words: [name = ''] }) => this.tell({ type: 'outputs-aborted', job: jobNamed(name) }),
    wait: line => this.wait(line),
    stall: ({ words: [ms] }) => {
      this.now += Number(ms);
      return this.tell({ type: 'ticked' });
    },
    restart: () => this.restart(),
    status: ({ words: [name = ''] }) => JSON.stringify(statusOf(this.state, jobNamed(name)), null, 1).replaceAll(/\n\s+/g, ' '),
    workers: () =>
      workersOf(this.state)
        .map(worker => `${worker.id} ${worker.state} ${worker.running}/${worker.slots}`)
        .join('\n'),
    story: ({ words: [name = '', stage, task] }) => {
      const of = { job: jobNamed(name), ...(stage && { stage: Number(stage) }), ...(task && { task: Number(task) }) };
      return story(this.state, of)
        .map(entry => `${entry.at} ${entry.stage ?? '-'}@${entry.task ?? '-'}#${entry.attempt ?? '-'} ${entry.what} (${entry.cause})`)
        .join('\n');
    },
    snapshot: () => [...recordsOf(this.state)].map(renderRecord).join('\n'),
  };

  private submit({ words: [name = '', ...tasks], options }: Line): string {
    const attempts = options.get('attempts');
    const infrastructure = options.get('infra');
    const settings = {
      ...(attempts && { attempts: Number(attempts) }),
      ...(infrastructure && { infrastructureAttempts: Number(infrastructure) }),
    };
    const maxCount = options.get('skip');
    const skip = maxCount === undefined ? {} : { skip: { maxCount: Number(maxCount), maxRatio: null } };
    const job = chain(name, tasks.map(Number), { settings, attemptsGiven: attempts !== undefined, ...skip });
    return this.tell({ type: 'job-submitted', job });
  }

  private join({ words: [name = ''], options }: Line): string {
    const before = this.workers.get(name);
    const held = options.get('held') === 'none' ? [] : [...(before?.held.values() ?? [])];
    const running = options.get('running') === 'none' ? [] : [...(before?.running.values() ?? [])];
    const unheard = before?.assigned.get((options.get('unheard') ?? '') as AttemptId);
    if (unheard !== undefined) running.push(unheard);
    const session = sessionIdOf(this.state.epoch, ++this.sessions);
    this.workers.set(name, {
      session,
      running: new Map(running.map(assignment => [assignment.attempt, assignment])),
      held: new Map(held.map(attempt => [attempt.attempt, attempt])),
      assigned: before?.assigned ?? new Map(),
      stopped: new Set(),
    });
    return this.tell({
      type: 'worker-joined',
      session,
      worker: {
        ...{ id: workerNamed(name), host: `host-of-${name}`, pid: 1, slots: Number(options.get('slots') ?? 2), directory: `/${name}` },
        ...{ labels: options.get('labels')?.split(',') ?? [], address: options.get('address') ?? `${name}:1000` },
      },
      held,
      running: running.map(
        ({ job, stage, task, attempt, number, generation }): RunningAttempt => ({ job, stage, task, attempt, number, generation }),
      ),
    });
  }

  private succeed({ words: [task = ''], options }: Line): string {
    const { worker, assignment } = this.attempt(task, options.get('id'));
    const result = this.resultOf(assignment, options);
    const { job, stage, task: index, attempt } = assignment;
    const name: AttemptName = { job, stage, task: index, attempt };
    worker.running.delete(attempt);
    worker.held.set(attempt, { ...name, hashes: Object.fromEntries(result.outputs.map(output => [output.edge, output.hash])) });
    const session = (options.get('from') as SessionId | undefined) ?? worker.session;
    return this.tell({ type: 'attempt-succeeded', session, name, result });
  }

  private fail({ words: [task = '', code = '', ...words], options }: Line): string {
    const { worker, assignment } = this.attempt(task, options.get('id'));
    const { job, stage, task: index, attempt } = assignment;
    worker.running.delete(attempt);
    const lost = options.get('lost');
    const of = lost === undefined ? null : lostIn(lost);
    const failure = { code: code as FailureCode, message: words.join(' '), ...(of && { lost: of }) };
    return this.tell({ type: 'attempt-failed', session: worker.session, name: { job, stage, task: index, attempt }, failure });
  }

  private progress({ words: [task = '', records, bytes] }: Line): string {
    const { worker, assignment } = this.attempt(task, undefined);
    const attempts = [{ attempt: assignment.attempt, records: Number(records), bytes: Number(bytes) }];
    return this.tell({ type: 'attempts-progressed', session: worker.session, attempts });
  }

  private opened({ words: [name = '', worker = '', code, ...words] }: Line): string {
    const failure = code === undefined ? null : { code: code as FailureCode, message: words.join(' ') };
    return this.tell({ type: 'job-opened-on-worker', session: this.worker(worker).session, job: jobNamed(name), failure });
  }

  private wait({ words: [ms], options }: Line): string {
    const silent = options.get('silent')?.split(',') ?? [];
    const until = this.now + Number(ms);
    const said: string[] = [];
    for (;;) {
      for (const [name, worker] of this.workers) {
        if (silent.includes(name) || this.state.sessions.get(worker.session) === undefined) continue;
        said.push(this.tell({ type: 'worker-heard', session: worker.session }));
      }
      const wakeAt = nextWakeAt(this.state);
      if (wakeAt === null || wakeAt > until) break;
      this.now = wakeAt;
      said.push(this.tell({ type: 'ticked' }));
    }
    this.now = until;
    return said.filter(text => text !== '').join('\n');
  }

  /** Kills the coordinator and starts it again: what was journalled must give the durable state that was. */
  private restart(): string {
    this.state = this.replayed(epochOf(this.state.epoch + 1));
    this.sessions = 0;
    return this.tell({ type: 'coordinator-started' });
  }

  private replayed(epoch: SchedulerState['epoch']): SchedulerState {
    const state = createState(epoch);
    for (const record of this.journal) replay(state, record);
    return state;
  }

  private tell(event: Unplaced<SchedulerEvent>, cause: string = event.type): string {
    const at = this.now;
    const commands = step(this.state, { ...event, at, cause } as SchedulerEvent);
    checkInvariants(this.state);
    for (const command of commands) this.carryOut(command);
    const replayed = [...recordsOf(this.replayed(this.state.epoch))];
    const live = [...recordsOf(this.state)].map(withoutTimes);
    if (!isDeepStrictEqual(replayed.map(withoutTimes), live))
      throw new Error(`replay differs:\n${JSON.stringify([replayed, live], null, 1)}`);
    return commands.map(command => renderCommand(command, session => this.nameOf(session))).join('\n');
  }

  private carryOut(command: SchedulerCommand): void {
    if (command.type === 'journal') this.journal.push(...command.records);
    if (command.type !== 'send') return;
    const worker = [...this.workers.values()].find(({ session }) => session === command.session);
    if (worker === undefined) throw new Error(`${command.message.type} for a session that nobody has`);
    const { message } = command;
    if (message.type === 'assign') {
      worker.running.set(message.assignment.attempt, message.assignment);
      worker.assigned.set(message.assignment.attempt, message.assignment);
    }
    if (message.type === 'cancel-attempt') worker.stopped.add(message.attempt);
    if (message.type === 'welcome') {
      for (const id of worker.running.keys()) if (!message.resume.includes(id)) worker.running.delete(id);
      for (const id of worker.held.keys()) if (!message.keep.includes(id)) worker.held.delete(id);
    }
  }

  private nameOf(session: SessionId): string {
    return [...this.workers].find(([, worker]) => worker.session === session)?.[0] ?? `session ${session}`;
  }

  private worker(name: string): PlayedWorker {
    const worker = this.workers.get(name);
    if (worker === undefined) throw new Error(`no worker ${name}`);
    return worker;
  }

  private attempt(text: string, id: string | undefined): { readonly worker: PlayedWorker; readonly assignment: TaskAssignment } {
    const { job, stage, task } = this.task(text);
    for (const worker of this.workers.values()) {
      // Unless a late attempt is named, it is one that somebody still listens to.
      if (id === undefined && !this.state.sessions.has(worker.session)) continue;
      for (const assignment of worker.running.values()) {
        if (id === undefined && worker.stopped.has(assignment.attempt)) continue;
        const same = assignment.job === job && assignment.stage === stage && assignment.task === task;
        if (same && (id === undefined || assignment.attempt === parseAttemptId(id))) return { worker, assignment };
      }
    }
    throw new Error(`nobody runs ${text} ${id ?? ''}`);
  }

  private task(text: string): { readonly job: string; readonly stage: number; readonly task: number } {
    const [, name = '', stageName, task] = /^(\w+)\/(\w+)@(\d+)$/.exec(text) ?? [];
    const job = jobNamed(name);
    const stages = statusOf(this.state, job)?.stages ?? [];
    return { job, stage: stages.findIndex(stage => stage.name === stageName), task: Number(task) };
  }

  private resultOf(
    { job, stage, task, attempt, partitions, staging, number }: TaskAssignment,
    options: ReadonlyMap<string, string>,
  ): TaskResult {
    const edges = this.state.jobs.get(job)?.stages[stage]?.out.map(end => end.id) ?? Object.keys(partitions).map(Number);
    const outputs = edges.map((edge): MapOutput => {
      const bytes = Number(options.get('bytes') ?? 10);
      const hash = (options.get('hash') ?? `${stage}${edge}${task}`).padEnd(32, '0');
      const partitionBytes = options.get('sizes')?.split(',').map(Number) ?? [bytes];
      return { edge, path: `/x/${attempt}`, bytes, records: 1, hash, partitionBytes };
    });
    const skipped = Number(options.get('skipped') ?? 0);
    const letters = this.state.jobs.get(job)?.graph.onError?.deadLetter;
    const written = Object.entries(staging).filter(([output]) => Number(output) !== letters || skipped > 0);
    const parts = written.map(([output, folder]) => ({
      ...{ output: Number(output), token: `${folder}/${attempt}`, bytes: 5, records: 1, sha256: 'f'.repeat(64) },
    }));
    const nothing = {
      recordsOut: 0,
      bytesOut: 0,
      spills: 0,
      spilledBytes: 0,
      combinedRecords: 0,
      groups: 0,
      skippedRecords: skipped,
      invalidUtf8: 0,
    };
    const counters = { recordsIn: 1 + skipped, bytesIn: 10, ...nothing, user: { words: 2 } };
    const first = { code: 'E_BAD_RECORD' as const, message: `the first of task ${task}` };
    return {
      outputs,
      parts,
      counters,
      ...(skipped > 0 && { firstSkipped: first }),
      durationMs: Number(options.get('took') ?? 1_000),
      cpuMs: 1,
      peakRssBytes: number,
    };
  }
}

function workerNamed(name: string): WorkerId {
  return parseWorkerId(`w${name.slice(1).padStart(8, '0')}`);
}

/** `0@1#1.2`: the output of attempt 1.2 of task 1 of stage 0. */
function lostIn(text: string): { readonly stage: number; readonly task: number; readonly attempt: string } {
  const [, stage, task, attempt = ''] = /^(\d+)@(\d+)#([\d.]+)$/.exec(text) ?? [];
  return { stage: Number(stage), task: Number(task), attempt };
}

function withoutTimes(record: JournalRecord): JournalRecord {
  return 'at' in record ? { ...record, at: 0 } : record;
}
