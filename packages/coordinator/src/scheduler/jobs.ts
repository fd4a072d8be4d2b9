// The life of a job: accepted, run, and ended in one of three ways. Its two turning points are journalled before anything follows
// from them: after `commit-started` its output is published whatever happens, after `abort-started` its staging is removed.

import type { Failure, JobId } from '@sheaf/protocol';
import { deadLettersOf } from '@sheaf/protocol/graph';
import type { OutputPart } from '@sheaf/protocol/messages';
import { found } from './assert.ts';
import type { CancelVerdict, PartsOfOutput } from './commands.ts';
import { forgetDelayed } from './delays.ts';
import { keepEnded } from './ended.ts';
import type { JobFacts } from './events.ts';
import { createJob, isDone } from './job-runs.ts';
import { countLate } from './late-counts.ts';
import { settleOutputs } from './outputs.ts';
import { releaseOutputs } from './release.ts';
import { overSkipLimits } from './skip-limits.ts';
import type { JobRun } from './state.ts';
import { finalStatus } from './status.ts';
import { endAttempt, moveJob, tableOf } from './transitions.ts';
import { journal, note, send, type Turn, tell } from './turn.ts';
import { forgetOutputs } from './worker-runs.ts';

export function acceptJob(turn: Turn, facts: JobFacts): void {
  if (turn.state.jobs.has(facts.id) || turn.state.ended.has(facts.id)) return;
  const job = createJob(facts, 0);
  turn.state.jobs.set(job.id, job);
  journal(turn, { type: 'job-accepted', job: facts, generation: 0 });
  tell(turn, { job }, 'accepted');
  turn.touched.add(job);
}

export function cancelJob(turn: Turn, request: { readonly job: JobId; readonly request: number; readonly reason: string }): void {
  const job = turn.state.jobs.get(request.job);
  const answer = (verdict: CancelVerdict): void => {
    turn.commands.push({ type: 'answer-cancel', request: request.request, job: request.job, verdict });
  };
  if (job === undefined) {
    answer(turn.state.ended.has(request.job) ? 'ended' : 'unknown-job');
  } else if (job.phase === 'committing') {
    tell(turn, { job }, `too late to cancel: ${request.reason}`);
    answer('too-late');
  } else if (job.phase === 'aborting') {
    answer('cancelling');
  } else {
    tell(turn, { job }, `cancelled: ${request.reason}`);
    startAbort(turn, job, { outcome: 'cancelled', failure: null });
    answer('cancelling');
  }
}

export function failJob(turn: Turn, job: JobRun, failure: Failure): void {
  tell(turn, { job }, `failed: ${failure.code} ${failure.message}`);
  startAbort(turn, job, { outcome: 'failed', failure });
}

/** Whether its tasks still matter. */
export function isLive(job: JobRun): boolean {
  return job.phase === 'queued' || job.phase === 'running';
}

function startAbort(turn: Turn, job: JobRun, abort: { readonly outcome: 'failed' | 'cancelled'; readonly failure: Failure | null }): void {
  moveJob(turn, job, 'aborting');
  job.abort = abort;
  journal(turn, { type: 'abort-started', job: job.id, at: turn.at, ...abort });
  stopWork(turn, job);
  turn.commands.push({ type: 'abort-outputs', job: job.id });
}

/** No attempt of the job runs any longer, and all workers that have something of it drop it. */
function stopWork(turn: Turn, job: JobRun): void {
  for (const attempt of job.stages.flatMap(stage => [...stage.live.values()].flat())) endAttempt(turn, attempt, 'cancelled');
  for (const { stage, task } of turn.state.delayed.filter(delayed => delayed.job === job)) forgetDelayed(turn.state, { stage, task });
  for (const worker of turn.state.sessions.values()) {
    worker.told.delete(job.id);
    if (worker.jobs.delete(job.id)) send(turn, worker, { type: 'close-job', job: job.id });
  }
}

/** Draws the conclusions from what changed of a job: outputs to be made again, stages to be counted, or its end. */
export function settleJob(turn: Turn, job: JobRun): void {
  if (!isLive(job)) return;
  const bad = overSkipLimits(job);
  if (bad !== null) return failJob(turn, job, bad);
  settleOutputs(turn, job);
  countLate(turn, job);
  if (!job.stages.every(isDone)) {
    releaseOutputs(turn, job);
    return;
  }
  moveJob(turn, job, 'committing');
  journal(turn, { type: 'commit-started', job: job.id, at: turn.at });
  tell(turn, { job }, 'all tasks are done: commits');
  note(turn, job, { kind: 'committing', text: 'all tasks are done', failure: null });
  publish(turn, job);
}

/** Asks again for what a job's turning point began: after a restart nobody else remembers. */
export function resumeEnding(turn: Turn, job: JobRun): void {
  if (job.phase === 'committing') publish(turn, job);
  if (job.phase === 'aborting') turn.commands.push({ type: 'abort-outputs', job: job.id });
}

function publish(turn: Turn, job: JobRun): void {
  const outputs: PartsOfOutput[] = job.graph.outputs.flatMap(({ type }, output) =>
    type === 'files' ? [{ output, parts: partsOf(job, output) }] : [],
  );
  turn.commands.push({ type: 'publish-outputs', job: job.id, outputs });
}

/** The parts of an output in the order of the stages that write it, and of their tasks. Dead letters are of those that skipped records. */
function partsOf(job: JobRun, output: number): readonly OutputPart[] {
  const parts: OutputPart[] = [];
  for (const stage of job.stages) {
    const letters = deadLettersOf(job.graph, stage.spec) === output;
    if (!letters && !stage.spec.outputs.includes(output)) continue;
    const table = tableOf(stage);
    for (let task = 0; task < table.count; task++) {
      const known = table.parts.get(task);
      const written = letters ? (known ?? []) : found(known, `parts of ${stage.spec.name}@${task}`);
      parts.push(...written.filter(part => part.output === output));
    }
  }
  return parts;
}

export function outputsPublished(turn: Turn, id: JobId): void {
  const job = turn.state.jobs.get(id);
  if (job?.phase !== 'committing') return;
  endJob(turn, job, 'succeeded');
  stopWork(turn, job);
}

export function publishFailed(turn: Turn, id: JobId, message: string): void {
  const job = turn.state.jobs.get(id);
  if (job?.phase === 'committing') failJob(turn, job, { code: 'E_COMMIT_FAILED', message });
}

export function outputsAborted(turn: Turn, id: JobId): void {
  const job = turn.state.jobs.get(id);
  if (job?.phase === 'aborting') endJob(turn, job, found(job.abort, 'abort of the job').outcome);
}

function endJob(turn: Turn, job: JobRun, outcome: 'succeeded' | 'failed' | 'cancelled'): void {
  moveJob(turn, job, outcome);
  tell(turn, { job }, outcome);
  const status = finalStatus(job, turn.at);
  turn.state.jobs.delete(job.id);
  turn.touched.delete(job);
  const { outline } = job.facts;
  keepEnded(turn.state, { status, outline, story: job.story });
  forgetOutputs(turn.state, job);
  journal(turn, { type: 'job-ended', job: job.id, status, ...(outline === undefined ? {} : { outline }) });
  turn.commands.push({ type: 'job-ended', job: job.id, status });
}
