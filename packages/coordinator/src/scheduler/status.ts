// What people ask: how a job stands, which workers there are.

import { type JobId, limits, type SessionId, type WorkerId } from '@sheaf/protocol';
import type { JobState, JobStatus, StageStatus } from '@sheaf/protocol/messages';
import { answersOf } from './answers.ts';
import { counterNames } from './counter-table.ts';
import { jobCounters } from './job-counters.ts';
import { shownOutputs, skippedOf } from './skip-limits.ts';
import type { JobRun, SchedulerState, StageRun } from './state.ts';
import type { JobPhase } from './states.ts';

export interface WorkerStatus {
  readonly id: WorkerId;
  readonly state: 'connected' | 'draining' | 'away' | 'lost';
  readonly session: SessionId | null;
  readonly host: string;
  readonly pid: number;
  readonly address: string | null;
  readonly slots: number;
  /** Attempts. */
  readonly running: number;
  readonly labels: readonly string[];
  readonly lastHeardAt: number;
}

/** A job whose staging is being removed is still at work, for those who look on. */
const shownAs: { readonly [phase in JobPhase]: JobState } = {
  queued: 'queued',
  running: 'running',
  committing: 'committing',
  aborting: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** The status of a job that is known, running or ended; else null. */
export function statusOf(state: SchedulerState, id: JobId): JobStatus | null {
  const job = state.jobs.get(id);
  return job === undefined ? (state.ended.get(id)?.status ?? null) : runningStatus(job, null);
}

/** The last status of a job, which has just ended. */
export function finalStatus(job: JobRun, endedAt: number): JobStatus {
  return runningStatus(job, endedAt);
}

/** What its submitter said of the plan, as JSON; null when the job is not known or nothing was said. */
export function outlineOf(state: SchedulerState, id: JobId): string | null {
  return state.jobs.get(id)?.facts.outline ?? state.ended.get(id)?.outline ?? null;
}

/** Every known job: ended ones in the order in which they ended, then the others in the order of submission. */
export function jobsOf(state: SchedulerState): readonly JobStatus[] {
  return [...[...state.ended.values()].map(ended => ended.status), ...[...state.jobs.values()].map(job => runningStatus(job, null))];
}

export function workersOf(state: SchedulerState): readonly WorkerStatus[] {
  return [...state.workersById.values()].map(worker => ({
    id: worker.id,
    state: worker.state === 'connected' && worker.draining ? 'draining' : worker.state,
    session: worker.session,
    host: worker.host,
    pid: worker.pid,
    address: worker.address,
    slots: worker.slots,
    running: worker.attempts.size,
    labels: worker.labels,
    lastHeardAt: worker.lastHeardAt,
  }));
}

/** Whether one more job may be submitted: `limits.jobsQueuedMax` unfinished ones are the most. */
export function roomForJob(state: SchedulerState): boolean {
  return state.jobs.size < limits.jobsQueuedMax;
}

function runningStatus(job: JobRun, endedAt: number | null): JobStatus {
  return {
    id: job.id,
    name: job.facts.name,
    state: shownAs[job.phase],
    stages: job.stages.map(stageStatus),
    counters: countersOf(job),
    ...shownOutputs(job.graph, job.facts.output, skippedOf(job)),
    ...(job.phase === 'succeeded' ? answersOf(job) : {}),
    error: job.abort?.failure ?? null,
    submittedAt: job.facts.submittedAt,
    startedAt: job.startedAt,
    endedAt,
  };
}

function stageStatus(stage: StageRun): StageStatus {
  const running = [...stage.live.values()].flat();
  const sum = (counter: 'recordsIn' | 'bytesIn', progress: 'records' | 'bytes'): number =>
    running.reduce((total, attempt) => total + attempt[progress], stage.counters[counterNames.indexOf(counter)] ?? 0);
  const measured = stage.table?.measures.measures(stage.counters) ?? null;
  return {
    name: stage.spec.name,
    total: stage.table?.count ?? null,
    done: stage.committed,
    running: stage.live.size,
    failed: stage.failed,
    records: sum('recordsIn', 'records'),
    bytes: sum('bytesIn', 'bytes'),
    ...(measured === null ? {} : { measured }),
  };
}

function countersOf({ stages, countedNames, counted }: JobRun): { readonly [name: string]: number } {
  const sums = stages.map(({ spec, counters }) => ({ name: spec.name, counters }));
  return jobCounters(
    sums,
    [...countedNames].map(([name, column]) => [name, counted[column] ?? 0]),
  );
}
