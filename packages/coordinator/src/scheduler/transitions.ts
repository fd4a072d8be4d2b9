// From one state of `states.ts` to the next: anything that is not listed there is a bug of ours and throws with the story. All
// changes of state go through the four functions below, which also keep the counts by state true.

import { attemptText } from '@sheaf/protocol';
import { found } from './assert.ts';
import { forgetDelayed, rememberDelayed } from './delays.ts';
import type { Attempt, JobRun, StageRun, WorkerRun } from './state.ts';
import {
  type AttemptState,
  attemptTransitions,
  type JobPhase,
  jobTransitions,
  type TaskState,
  taskStates,
  taskTransitions,
  type WorkerState,
  workerTransitions,
} from './states.ts';
import type { TaskTable } from './task-table.ts';
import type { Turn } from './turn.ts';
import { noteRoom } from './worker-runs.ts';

/** A task of a job. */
export interface TaskRef {
  readonly job: JobRun;
  readonly stage: StageRun;
  readonly task: number;
}

export function tableOf(stage: StageRun): TaskTable {
  return found(stage.table, `number of tasks of stage ${stage.spec.name}`);
}

export function taskState(stage: StageRun, task: number): TaskState {
  return found(taskStates[found(tableOf(stage).state[task], `task ${task} of ${stage.spec.name}`)], 'state');
}

/** Changes a task's state. `delayed` needs the time at which it becomes pending. */
export function moveTask(turn: Turn, ref: TaskRef, to: TaskState, dueAt?: number): void {
  const { job, stage, task } = ref;
  const table = tableOf(stage);
  const from = taskState(stage, task);
  if (!taskTransitions[from].includes(to)) throw illegal(`task ${job.id}/${stage.spec.name}@${task}`, { from, to }, storyOf(ref));
  table.state[task] = taskStates.indexOf(to);
  if (to === 'pending') table.ready.add(task);
  else table.ready.delete(task);
  if (from !== 'pending') stage[from]--;
  if (to !== 'pending') stage[to]++;
  if (from === 'delayed') forgetDelayed(turn.state, ref);
  if (to === 'delayed') rememberDelayed(turn.state, { job, stage, task, dueAt: found(dueAt, 'time to try again') });
  if (to === 'committed' || from === 'committed') job.stale = true;
}

/** Ends an attempt: it no longer takes a slot, and nothing it still says counts. */
export function endAttempt(turn: Turn, attempt: Attempt, to: Exclude<AttemptState, 'running'>): void {
  const { job, stage, task, worker } = attempt;
  if (!attemptTransitions[attempt.state].includes(to)) {
    throw illegal(`attempt ${nameOf(attempt)}`, { from: attempt.state, to }, storyOf(attempt));
  }
  attempt.state = to;
  turn.state.attempts.delete(attempt.id);
  worker.attempts.delete(attempt);
  worker.usedSlots -= slotsOf(stage);
  turn.changed.add(worker);
  noteRoom(turn.state, worker);
  const others = (stage.live.get(task) ?? []).filter(other => other !== attempt);
  if (others.length > 0) stage.live.set(task, others);
  else stage.live.delete(task);
  turn.touched.add(job);
}

export function moveJob(turn: Turn, job: JobRun, to: JobPhase): void {
  if (!jobTransitions[job.phase].includes(to)) throw illegal(`job ${job.id}`, { from: job.phase, to }, storyOf({ job }));
  job.phase = to;
  job.stale = true;
  turn.touched.add(job);
}

export function moveWorker(worker: WorkerRun, to: WorkerState): void {
  if (!workerTransitions[worker.state].includes(to)) throw illegal(`worker ${worker.id}`, { from: worker.state, to }, '');
  worker.state = to;
}

export function nameOf(attempt: Attempt): string {
  return attemptText(attempt.job.id, attempt.stage.spec.name, attempt.task, attempt.id);
}

/** The slots a task of the stage takes. */
export function slotsOf(stage: StageRun): number {
  return stage.spec.resources?.slots ?? 1;
}

function illegal(what: string, { from, to }: { readonly from: string; readonly to: string }, told: string): Error {
  return new Error(`scheduler: ${what} cannot go from ${from} to ${to}\n${told}`);
}

function storyOf({ job, stage, task }: { readonly job: JobRun; readonly stage?: StageRun; readonly task?: number }): string {
  const concerns = job.story
    .all()
    .filter(entry => (stage === undefined || entry.stage === stage.id) && (task === undefined || entry.task === task));
  return concerns.map(entry => `  ${entry.at} ${entry.attempt ?? ''} ${entry.what} (${entry.cause})`).join('\n');
}
