// What workers say of attempts: how far they are, that they succeeded, that they failed. The first success of a task counts and
// is journalled before it is acknowledged; whatever comes later, twice, or from somebody who no longer counts changes nothing.

import { type AttemptId, type Failure, failureCodes, limits, type SessionId } from '@sheaf/protocol';
import { deadLettersOf, type Stage } from '@sheaf/protocol/graph';
import type { AttemptName, AttemptProgress, MapOutput, TaskResult } from '@sheaf/protocol/messages';
import { charge } from './budgets.ts';
import { stretchBytes } from './coalesce.ts';
import { counterNames } from './counter-table.ts';
import { noteCrash } from './crashes.ts';
import { restLonger, retryDelayMs } from './delays.ts';
import { stageAt } from './job-runs.ts';
import { failJob, isLive } from './jobs.ts';
import {
  announce,
  changedEdges,
  enterCommitted,
  isWinner,
  loseOutput,
  outdateReaders,
  place,
  recordCommit,
  sizedReader,
  stopAttempts,
} from './outputs.ts';
import { noteDuration } from './queueing.ts';
import type { CommittedOutput } from './records.ts';
import { noteSkipped } from './skip-limits.ts';
import type { Attempt, JobRun, WorkerRun } from './state.ts';
import { endAttempt, moveTask, nameOf, type TaskRef, tableOf, taskState } from './transitions.ts';
import { troubleOf } from './troubles.ts';
import { cancelAt, journal, note, send, type Turn, tell } from './turn.ts';

export function attemptsProgressed(turn: Turn, worker: WorkerRun, attempts: readonly AttemptProgress[]): void {
  for (const { attempt: id, records, bytes } of attempts) {
    const attempt = turn.state.attempts.get(id);
    if (attempt?.worker !== worker) continue;
    attempt.records = Math.max(attempt.records, records);
    attempt.bytes = Math.max(attempt.bytes, bytes);
  }
}

export function attemptSucceeded(
  turn: Turn,
  worker: WorkerRun,
  { name, result }: { readonly name: AttemptName; readonly result: TaskResult },
): void {
  const attempt = liveAttempt(turn, worker, name);
  if (attempt === null) {
    answerLate(turn, worker, { name, what: 'success' });
    return;
  }
  const problem = problemOf(attempt, result);
  if (problem !== null) {
    fail(turn, attempt, { code: 'E_INTERNAL', message: problem });
    return;
  }
  commit(turn, attempt, result);
}

export function attemptFailed(
  turn: Turn,
  worker: WorkerRun,
  { name, failure }: { readonly name: AttemptName; readonly failure: Failure },
): void {
  const attempt = liveAttempt(turn, worker, name);
  if (attempt === null) answerLate(turn, worker, { name, what: 'failure' });
  else fail(turn, attempt, failure);
}

function liveAttempt(turn: Turn, worker: WorkerRun, name: AttemptName): Attempt | null {
  const attempt = turn.state.attempts.get(name.attempt);
  if (attempt?.worker !== worker || attempt.job.id !== name.job || attempt.stage.id !== name.stage || attempt.task !== name.task)
    return null;
  return attempt;
}

/** The end of an attempt that does not run by our books: the one that counts already, said again, or one that never will. */
function answerLate(turn: Turn, worker: WorkerRun, { name, what }: { readonly name: AttemptName; readonly what: string }): void {
  const session = worker.session as SessionId;
  const job = turn.state.jobs.get(name.job);
  if (what === 'success' && job !== undefined && isWinner(job, name)) {
    const ref = { job, stage: stageAt(job, name.stage), task: name.task };
    if (taskState(ref.stage, ref.task) === 'committed') {
      acceptAgain(turn, worker, { ...ref, attempt: name.attempt });
      return;
    }
  }
  cancelAt(turn, session, name.attempt, 'it is not wanted any more');
  turn.commands.push({ type: 'log-fenced', session, what: `${what} of ${name.job}/${name.stage}@${name.task}#${name.attempt}` });
}

/** The worker did not hear that its success was taken; perhaps, after a restart, nobody knew where the outputs are. */
function acceptAgain(turn: Turn, worker: WorkerRun, ref: TaskRef & { readonly attempt: AttemptId }): void {
  if (ref.stage.released) {
    cancelAt(turn, worker.session as SessionId, ref.attempt, 'its outputs are needed no longer');
    return;
  }
  if (isLive(ref.job) && ref.stage.out.length > 0 && tableOf(ref.stage).worker[ref.task] !== worker.index) {
    place(turn, ref, worker.index);
    announce(turn, ref);
    turn.touched.add(ref.job);
  }
  send(turn, worker, { type: 'accepted', attempt: ref.attempt });
}

/** What a result lacks, in words; null: it has each output and part that the stage writes, once. */
function problemOf({ stage, job }: Attempt, result: TaskResult): string | null {
  const edges = stage.out.map(end => end.id);
  const given = result.outputs.map(output => output.edge).sort((a, b) => a - b);
  if (edges.join() !== given.join()) return `a task of ${stage.spec.name} gave outputs on edges ${given.join() || 'none'}`;
  const parts = result.parts.map(part => part.output).sort((a, b) => a - b);
  if (!isWhole(job, stage.spec, result)) return `a task of ${stage.spec.name} wrote parts of outputs ${parts.join() || 'none'}`;
  const unsized = result.outputs.find(({ edge, partitionBytes }) => {
    const reader = sizedReader({ job, stage }, edge);
    return reader !== null && reader.planned !== partitionBytes.length;
  });
  if (unsized !== undefined)
    return `a task of ${stage.spec.name} gave sizes of ${unsized.partitionBytes.length} partitions on edge ${unsized.edge}`;
  if (result.outputs.some(output => !/^[0-9a-f]{32}$/.test(output.hash))) return `a task of ${job.id} gave an output without a hash`;
  return null;
}

/** Whether there is one part for each output; of one that has folders, at most one for each folder; of dead letters at most one. */
function isWhole(job: JobRun, spec: Stage, { parts }: TaskResult): boolean {
  const { outputs } = spec;
  const letters = deadLettersOf(job.graph, spec);
  const given = new Set(parts.map(part => `${part.output} ${part.folder ?? ''}`));
  const due = outputs.filter(output => !hasFolders(job, output));
  const mayWrite = (output: number): boolean => outputs.includes(output) || output === letters;
  const ofOutputs = parts.every(part => mayWrite(part.output) && (part.folder !== undefined) === hasFolders(job, part.output));
  const answered = parts.every(part => (part.answer !== undefined) === (job.graph.outputs[part.output]?.type === 'answer'));
  return answered && ofOutputs && given.size === parts.length && due.every(output => given.has(`${output} `));
}

function hasFolders({ graph }: JobRun, id: number): boolean {
  const output = graph.outputs[id];
  return output?.type === 'files' && output.folders === true;
}

/** The attempt is the first of its task to succeed: from now on it is the one that counts. */
function commit(turn: Turn, attempt: Attempt, result: TaskResult): void {
  const { job, stage, task, worker } = attempt;
  const outputs = result.outputs.map(output => committedOutput(attempt, output));
  const problem = replaceOutputs(turn, attempt, outputs) ?? tooManyCounters(attempt, result);
  if (problem !== null) {
    endAttempt(turn, attempt, 'failed');
    failJob(turn, job, { ...problem, from: { attempt: nameOf(attempt), worker: worker.id } });
    return;
  }
  endAttempt(turn, attempt, 'succeeded');
  noteDuration(stage, result.durationMs);
  tell(turn, attempt, `succeeded on ${worker.id}`);
  const counters = counterNames.map(name => result.counters[name]);
  const counted = result.counters.user;
  const { durationMs, cpuMs, joined } = result;
  const took = { durationMs, cpuMs, ...(joined === undefined ? {} : { joined }) };
  const { firstSkipped } = result;
  const isFirst = firstSkipped !== undefined && noteSkipped(job, { stage: stage.id, task }, firstSkipped);
  const skipped = isFirst ? { firstSkipped } : {};
  const made = { attempt: attempt.id, outputs, parts: result.parts, counters, counted, took, at: turn.at };
  recordCommit(attempt, made);
  enterCommitted(turn, attempt, worker.index);
  journal(turn, { type: 'task-committed', job: job.id, stage: stage.id, task, ...made, ...skipped });
  send(turn, worker, { type: 'accepted', attempt: attempt.id });
  stopAttempts(turn, attempt, `${attempt.id} was first`);
  worker.rest.times = 0;
}

function committedOutput(attempt: Attempt, { edge, hash, bytes, records, partitionBytes, packed }: MapOutput): CommittedOutput {
  const isFirst = tableOf(attempt.stage).winner(attempt.task) === null;
  const sized = isFirst && sizedReader(attempt, edge) !== null ? { stretchBytes: stretchBytes(partitionBytes) } : {};
  return {
    edge,
    hash,
    bytes,
    records,
    rawBytes: partitionBytes.reduce((sum, part) => sum + part, 0),
    ...sized,
    ...(packed === undefined ? {} : { packed }),
  };
}

/**
 * A task that ran again gave other bytes than before. When a reader has committed with the old ones, nothing can be mended;
 * when none has, the new ones count, and readers that run begin anew.
 */
function replaceOutputs(turn: Turn, { job, stage, task, id }: Attempt, outputs: readonly CommittedOutput[]): Failure | null {
  const changed = changedEdges(stage, task, outputs);
  if (changed.length === 0) return null;
  const readers = stage.out.filter(end => changed.includes(end.id)).map(end => stageAt(job, end.other));
  const misled = readers.find(reader => reader.committed > 0);
  if (misled !== undefined) {
    const message = `${stage.spec.name}@${task} ran again and gave other bytes than those that ${misled.spec.name} has used`;
    return { code: 'E_NONDETERMINISTIC', message };
  }
  outdateReaders(job, stage, changed);
  tell(turn, { job, stage, task, id }, 'gave other bytes than before');
  for (const reader of readers) {
    for (const [running, attempts] of [...reader.live]) {
      const ref = { job, stage: reader, task: running };
      troubleOf(ref, Math.max(...attempts.map(attempt => attempt.number)));
      stopAttempts(turn, ref, `${stage.spec.name}@${task} gave other bytes`);
      moveTask(turn, ref, 'pending');
    }
  }
  return null;
}

function tooManyCounters({ job }: Attempt, result: TaskResult): Failure | null {
  const added = Object.keys(result.counters.user).filter(name => !job.countedNames.has(name)).length;
  if (job.countedNames.size + added <= limits.countersPerJobMax) return null;
  return { code: 'E_TOO_MANY_COUNTERS', message: `the job counts under more than ${limits.countersPerJobMax} names` };
}

function fail(turn: Turn, attempt: Attempt, cause: Failure): void {
  const { job, stage, task, worker, number } = attempt;
  const failure: Failure = { ...cause, from: { attempt: nameOf(attempt), worker: worker.id } };
  endAttempt(turn, attempt, 'failed');
  tell(turn, attempt, `failed: ${failure.code} ${failure.message}`);
  send(turn, worker, { type: 'accepted', attempt: attempt.id });
  stage.failed++;
  note(turn, job, { kind: 'attempt-failed', text: `${stage.spec.name}@${task} on ${worker.id}: ${failure.message}`, failure });
  if (failure.lost !== undefined) loseOutput(turn, job, failure.lost);
  if (failure.code === 'E_DISK' || failure.code === 'E_EXECUTOR_START') restLonger(turn.state, worker.rest);
  const trouble = troubleOf(attempt, number);
  trouble.worker = worker.index;
  trouble.failed.push(attempt.id);
  const blamed = noteCrash(attempt, trouble, failure);
  const final = charge(job, trouble, failure) ?? blamed;
  if (final !== null) {
    failJob(turn, job, final);
    return;
  }
  if (stage.live.has(task)) return;
  const delayMs = failureCodes[failure.code].origin === 'infrastructure' && failure.lost !== undefined ? 0 : retryDelayMs(trouble);
  if (delayMs === 0) moveTask(turn, attempt, 'pending');
  else moveTask(turn, attempt, 'delayed', turn.at + delayMs);
}
