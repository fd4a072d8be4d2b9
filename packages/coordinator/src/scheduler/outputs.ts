// Where committed outputs are, and what happens when they are lost: a task whose outputs are gone while somebody still needs
// them is uncommitted and runs again, and so, stage by stage upwards, is what it needs in turn. An output that nobody needs
// may be gone. When and why such outputs are deleted is in release.ts.
//   stage.outputsOn, stage.unreachable and worker.outputs follow from `table.worker` and the workers' states; `place` keeps them.

import type { AttemptId } from '@sheaf/protocol';
import type { OutputPart, TaskResult } from '@sheaf/protocol/messages';
import { found } from './assert.ts';
import { counterNames } from './counter-table.ts';
import { isNeeded, stageAt } from './job-runs.ts';
import type { CommittedOutput } from './records.ts';
import type { JobRun, SchedulerState, StageRun, WorkerRun } from './state.ts';
import { nowhere } from './task-table.ts';
import { endAttempt, moveTask, type TaskRef, tableOf, taskState } from './transitions.ts';
import { forgive, troubleOf } from './troubles.ts';
import { cancelAt, journal, note, type Turn, tell } from './turn.ts';

/** Says where a task's outputs are: on a worker, or `nowhere`. For a stage without outputs on workers there is nothing to say. */
export function place(turn: Turn, ref: TaskRef, workerIndex: number): void {
  const { job, stage, task } = ref;
  if (stage.out.length === 0) return;
  const table = tableOf(stage);
  count(turn.state, stage, { workerIndex: found(table.worker[task], 'task'), committed: taskState(stage, task) === 'committed', by: -1 });
  table.worker[task] = workerIndex;
  count(turn.state, stage, { workerIndex, committed: taskState(stage, task) === 'committed', by: 1 });
  job.stale = true;
}

/** The outputs of all tasks of a stage are nowhere: as `place` says it of each, without a step for each. */
export function placeAllNowhere({ state }: Turn, job: JobRun, stage: StageRun): void {
  let outputs = 0;
  for (const [index, count] of stage.outputsOn) {
    outputs += count;
    if (index !== nowhere) found(state.workers[index], 'worker').outputs -= count;
  }
  stage.outputsOn.clear();
  if (outputs > 0) stage.outputsOn.set(nowhere, outputs);
  stage.unreachable = outputs;
  tableOf(stage).worker.fill(nowhere);
  job.stale = true;
}

interface Counted {
  readonly workerIndex: number;
  readonly committed: boolean;
  readonly by: 1 | -1;
}

function count(state: SchedulerState, stage: StageRun, { workerIndex, committed, by }: Counted): void {
  if (!committed) return;
  const left = (stage.outputsOn.get(workerIndex) ?? 0) + by;
  if (left === 0) stage.outputsOn.delete(workerIndex);
  else stage.outputsOn.set(workerIndex, left);
  const worker = workerIndex === nowhere ? null : found(state.workers[workerIndex], 'worker');
  if (worker !== null) worker.outputs += by;
  if (worker?.state !== 'connected') stage.unreachable += by;
}

/** A worker's outputs can be had again, or no longer. Called while its state changes between connected and not. */
export function shiftReachable(turn: Turn, worker: WorkerRun, by: 1 | -1): void {
  for (const job of turn.state.jobs.values()) {
    for (const stage of job.stages) {
      const outputs = stage.outputsOn.get(worker.index);
      if (outputs === undefined) continue;
      stage.unreachable -= by * outputs;
      job.stale = true;
      turn.touched.add(job);
    }
  }
}

/** Tells readers anew where the outputs of a task are. */
export function announce(turn: Turn, { job, stage, task }: TaskRef): void {
  if (stage.out.length === 0) return;
  tableOf(stage).log.add(task);
  turn.moved.set(stage, job);
}

interface Committed {
  readonly attempt: AttemptId;
  readonly outputs: readonly CommittedOutput[];
  readonly parts: readonly OutputPart[];
  readonly counters: readonly number[];
  readonly counted: { readonly [name: string]: number };
  /** When it committed. */
  readonly at: number;
  readonly took?: Pick<TaskResult, 'durationMs' | 'cpuMs' | 'joined'>;
}

/** Writes down what the attempt that counts from now on has made. */
export function recordCommit({ job, stage, task }: TaskRef, committed: Committed): void {
  const { attempt, outputs, parts, counters, counted, at, took = { durationMs: 0, cpuMs: 0 } } = committed;
  const table = tableOf(stage);
  table.setWinner(task, attempt, outputs);
  for (const { edge, stretchBytes = [] } of outputs) {
    const sized = sizedReader({ job, stage }, edge)?.sized ?? [];
    stretchBytes.forEach((bytes, at) => {
      sized[at] = (sized[at] ?? 0) + bytes;
    });
  }
  stage.outdated.delete(task);
  if (stage.spec.outputs.length > 0 || parts.length > 0) table.parts.set(task, parts);
  else table.parts.delete(task);
  table.counters.set(task, counterRow(job, counters, counted));
  table.measures.set(task, at, { ...took, records: countOf(counters, 'recordsIn'), bytes: countOf(counters, 'bytesIn') });
}

/** The stage that an edge leads to, if its tasks are to be cut by the sizes of the edge's partitions. */
export function sizedReader({ job, stage }: Pick<TaskRef, 'job' | 'stage'>, edge: number): StageRun | null {
  const end = stage.out.find(({ id }) => id === edge);
  if (end?.edge.type !== 'shuffle') return null;
  const reader = stageAt(job, end.other);
  return reader.sized === null ? null : reader;
}

function countOf(counters: readonly number[], name: (typeof counterNames)[number]): number {
  return counters[counterNames.indexOf(name)] ?? 0;
}

/** The edges on which these outputs differ from those that the task gave before, if it did. */
export function changedEdges(stage: StageRun, task: number, outputs: readonly CommittedOutput[]): readonly number[] {
  const table = tableOf(stage);
  if (table.winner(task) === null) return [];
  return outputs.filter(output => output.hash !== table.output(task, output.edge).hash).map(output => output.edge);
}

/**
 * Outputs on these edges were replaced by other bytes. What was made from the old ones and is lost at the moment must not come
 * back: neither with the readers' workers nor with those of the readers' readers.
 */
export function outdateReaders(job: JobRun, stage: StageRun, edges: readonly number[]): void {
  job.generation++;
  const readers = new Set(stage.out.filter(end => edges.includes(end.id)).map(end => stageAt(job, end.other)));
  for (const reader of readers) {
    for (const end of reader.out) readers.add(stageAt(job, end.other));
    if (reader.table === null) continue;
    for (let task = 0; task < reader.table.count; task++) {
      if (reader.table.winner(task) !== null && taskState(reader, task) !== 'committed') reader.outdated.add(task);
    }
  }
}

/** The task is committed, with the attempt that `recordCommit` wrote down last; its outputs are on that worker, or not known to be anywhere. */
export function enterCommitted(turn: Turn, ref: TaskRef, workerIndex: number): void {
  const { job, stage, task } = ref;
  moveTask(turn, ref, 'committed');
  if (stage.out.length > 0) {
    tableOf(stage).worker[task] = workerIndex;
    count(turn.state, stage, { workerIndex, committed: true, by: 1 });
    if (workerIndex !== nowhere) announce(turn, ref);
  }
  forgive(stage, task);
  addCounters(job, stage, { task, by: 1 });
  turn.touched.add(job);
}

/** The task's outputs are lost: it is to run again. When `outdated`, they are not taken back should their worker offer them. */
export function uncommit(turn: Turn, ref: TaskRef, outdated: boolean): void {
  const { job, stage, task } = ref;
  place(turn, ref, nowhere);
  count(turn.state, stage, { workerIndex: nowhere, committed: true, by: -1 });
  moveTask(turn, ref, 'pending');
  troubleOf(ref, 1);
  addCounters(job, stage, { task, by: -1 });
  journal(turn, { type: 'task-uncommitted', job: job.id, stage: stage.id, task, outdated });
  stage.released = false;
  if (outdated) stage.outdated.add(task);
  tell(turn, ref, 'its outputs are lost: runs again');
  turn.touched.add(job);
}

/** The outputs of the attempt that counted last are back on this worker: it counts again, and what ran in its place stops. */
export function adopt(turn: Turn, ref: TaskRef, worker: WorkerRun): void {
  const { job, stage, task } = ref;
  const attempt = found(tableOf(stage).winner(task), 'attempt');
  journal(turn, { type: 'task-adopted', job: job.id, stage: stage.id, task });
  stopAttempts(turn, ref, `${attempt} came back with its outputs`);
  enterCommitted(turn, ref, worker.index);
  tell(turn, { ...ref, id: attempt }, `adopted from ${worker.id}`);
}

/** Cancels all attempts of a task, without a change of the task's state. */
export function stopAttempts(turn: Turn, { stage, task }: TaskRef, reason: string): void {
  for (const attempt of stage.live.get(task) ?? []) {
    endAttempt(turn, attempt, 'cancelled');
    tell(turn, attempt, `cancelled: ${reason}`);
    if (attempt.worker.session !== null) cancelAt(turn, attempt.worker.session, attempt.id, reason);
  }
}

/**
 * Uncommits every task whose outputs are needed and gone, and lets those count again that were to be made anew and are needed
 * no longer. Lower stages come last: they are needed by those found before.
 */
export function settleOutputs(turn: Turn, job: JobRun): void {
  if (job.phase !== 'queued' && job.phase !== 'running') return;
  for (const stage of job.stages.toReversed()) {
    if (stage.table === null || stage.out.length === 0) continue;
    if (!isNeeded(job, stage)) countAgain(turn, job, stage);
    else if (stage.unreachable > 0) uncommitLost(turn, job, stage);
  }
}

function uncommitLost(turn: Turn, job: JobRun, stage: StageRun): void {
  const isDeleted = stage.released;
  const gone = new Set([...stage.outputsOn.keys()].filter(index => isDeleted || isGone(turn.state, index)));
  if (gone.size === 0) return;
  const table = tableOf(stage);
  let lost = 0;
  for (let task = 0; task < table.count; task++) {
    if (taskState(stage, task) !== 'committed' || !gone.has(found(table.worker[task], 'task'))) continue;
    uncommit(turn, { job, stage, task }, false);
    lost++;
  }
  const where = [...gone].map(index => turn.state.workers[index]?.id ?? 'workers that did not come back').join(', ');
  const how = isDeleted ? 'their outputs were deleted and are needed once more' : `lost with ${where}`;
  note(turn, job, { kind: 'output-lost', text: `finished tasks of ${stage.spec.name} that run again: ${lost}, ${how}`, failure: null });
}

/** Nobody needs what the stage makes, perhaps because its readers came back: tasks that had finished need not run again. */
function countAgain(turn: Turn, job: JobRun, stage: StageRun): void {
  const table = tableOf(stage);
  if (stage.committed === table.count) return;
  for (let task = 0; task < table.count; task++) {
    const attempt = taskState(stage, task) === 'committed' ? null : table.winner(task);
    if (attempt === null || stage.outdated.has(task)) continue;
    const ref: TaskRef = { job, stage, task };
    journal(turn, { type: 'task-adopted', job: job.id, stage: stage.id, task });
    stopAttempts(turn, ref, 'its outputs are needed no longer');
    enterCommitted(turn, ref, nowhere);
    tell(turn, { ...ref, id: attempt }, 'counts again: its outputs are needed no longer');
  }
}

function isGone(state: SchedulerState, workerIndex: number): boolean {
  if (workerIndex === nowhere) return state.now >= state.locateUntil;
  return found(state.workers[workerIndex], 'worker').state === 'lost';
}

/** A reader could not get this output, or found it damaged. If it is still the one that counts, it is lost for good. */
export function loseOutput(
  turn: Turn,
  job: JobRun,
  lost: { readonly stage: number; readonly task: number; readonly attempt: string },
): void {
  const stage = job.stages[lost.stage];
  if (stage?.table === null || stage === undefined || lost.task < 0 || lost.task >= stage.table.count || stage.out.length === 0) return;
  if (taskState(stage, lost.task) !== 'committed' || stage.table.winner(lost.task) !== lost.attempt) return;
  const at = found(stage.table.worker[lost.task], 'task');
  const where = at === nowhere ? 'its worker' : found(turn.state.workers[at], 'worker').id;
  uncommit(turn, { job, stage, task: lost.task }, true);
  // Somewhere else, if there is an elsewhere: perhaps it is the worker that cannot be reached.
  troubleOf({ stage, task: lost.task }, 1).worker = at;
  const text = `${stage.spec.name}@${lost.task} runs again: its output cannot be had from ${where}`;
  note(turn, job, { kind: 'output-lost', text, failure: null });
}

/** Adds what the task counts and measured to the sums of its stage and job, or takes it off. */
function addCounters(job: JobRun, stage: StageRun, { task, by }: { readonly task: number; readonly by: 1 | -1 }): void {
  const table = tableOf(stage);
  table.measures.count(task, { by, sent: table.sent(task) });
  const row = table.counters.get(task);
  for (let i = 0; i < counterNames.length; i++) stage.counters[i] = (stage.counters[i] ?? 0) + by * (row[i] ?? 0);
  for (let i = counterNames.length; i < row.length; i += 2) {
    const column = found(row[i], 'counter');
    job.counted[column] = (job.counted[column] ?? 0) + by * found(row[i + 1], 'counter');
  }
}

/** The task's row: the built-in counters, then column and value of each name that user code counts. New names get a column. */
function counterRow(job: JobRun, counters: readonly number[], counted: { readonly [name: string]: number }): number[] {
  const row = [...counters];
  for (const [name, value] of Object.entries(counted)) {
    let column = job.countedNames.get(name);
    if (column === undefined) {
      column = job.countedNames.size;
      job.countedNames.set(name, column);
    }
    row.push(column, value);
  }
  return row;
}

/** Whether this attempt is the one that counts, or counted last, for a task that exists. */
export function isWinner(
  job: JobRun | undefined,
  name: { readonly stage: number; readonly task: number; readonly attempt: AttemptId },
): boolean {
  const table = job === undefined ? null : job.stages[name.stage] === undefined ? null : stageAt(job, name.stage).table;
  return table !== null && name.task >= 0 && name.task < table.count && table.winner(name.task) === name.attempt;
}
