// Hands out tasks until no worker has room or no task may run: a task to each worker with room in turn, the least loaded first.
// Then short tasks are handed out to wait, to workers of which something began or ended.

import { type AttemptId, attemptIdOf } from '@sheaf/protocol';
import { deadLettersOf } from '@sheaf/protocol/graph';
import type { TaskAssignment } from '@sheaf/protocol/messages';
import { found } from './assert.ts';
import { openStages, readBy, shufflesInto, stageAt } from './job-runs.ts';
import { openJobOn, sendLocations } from './locations.ts';
import { hasRoom, type Pool, pick, pickToQueue } from './pick.ts';
import type { Attempt, SchedulerState, WorkerRun } from './state.ts';
import { takeBackStuck } from './stuck.ts';
import { moveJob, moveTask, slotsOf, type TaskRef, tableOf, taskState } from './transitions.ts';
import { send, type Turn, tell } from './turn.ts';
import { noteRoom } from './worker-runs.ts';

export function assignTasks(turn: Turn): void {
  const { state } = turn;
  do {
    if (anythingReady(state)) fillSlots(turn);
  } while (takeBackStuck(turn));
  if (!anythingReady(state)) return;
  for (const worker of turn.changed) {
    for (let ref = pickToQueue(state, worker); ref !== null; ref = pickToQueue(state, worker)) assign(turn, ref, worker);
  }
}

function fillSlots(turn: Turn): void {
  const { state } = turn;
  for (;;) {
    const roomy = [...state.free].filter(worker => hasRoom(turn.at, worker));
    roomy.sort((a, b) => a.usedSlots - b.usedSlots || a.index - b.index);
    let assigned = 0;
    for (const worker of roomy) {
      const pool: Pool = { now: turn.at, jobs: state.jobs.values(), roomy };
      const ref = pick(pool, worker);
      if (ref === null) continue;
      assign(turn, ref, worker);
      assigned++;
    }
    if (assigned === 0) return;
  }
}

function anythingReady(state: SchedulerState): boolean {
  for (const job of state.jobs.values()) {
    if (openStages(job).some(stage => tableOf(stage).ready.size > 0)) return true;
  }
  return false;
}

function assign(turn: Turn, ref: TaskRef, worker: WorkerRun): void {
  const { job, stage, task } = ref;
  turn.state.attemptCounter++;
  const id = attemptIdOf(turn.state.epoch, turn.state.attemptCounter);
  const number = (stage.troubles.get(task)?.attempts ?? 0) + 1;
  startAttempt(turn, ref, { id, number, worker });
  openJobOn(turn, worker, job);
  sendLocations(turn, worker, ref);
  send(turn, worker, { type: 'assign', assignment: assignmentOf({ ...ref, id, number }) });
  tell(turn, { ...ref, id }, `assigned to ${worker.id}`);
}

/** From now on this attempt of the task runs on the worker: new, or resumed there. */
export function startAttempt(
  turn: Turn,
  ref: TaskRef,
  { id, number, worker }: { readonly id: AttemptId; readonly number: number; readonly worker: WorkerRun },
): void {
  const { job, stage, task } = ref;
  const { at: assignedAt } = turn;
  const attempt: Attempt = { id, job, stage, task, number, worker, assignedAt, state: 'running', records: 0, bytes: 0 };
  turn.state.attempts.set(id, attempt);
  worker.attempts.add(attempt);
  worker.usedSlots += slotsOf(stage);
  turn.changed.add(worker);
  noteRoom(turn.state, worker);
  stage.live.set(task, [...(stage.live.get(task) ?? []), attempt]);
  if (taskState(stage, task) !== 'running') moveTask(turn, ref, 'running');
  if (job.phase === 'queued') moveJob(turn, job, 'running');
  job.startedAt ??= turn.at;
  const trouble = stage.troubles.get(task);
  if (trouble !== undefined) trouble.attempts = Math.max(trouble.attempts, number);
}

function lettersOf({ job, stage }: TaskRef): readonly number[] {
  const letters = deadLettersOf(job.graph, stage.spec);
  return letters === null ? [] : [letters];
}

function assignmentOf(ref: TaskRef & { readonly id: AttemptId; readonly number: number }): TaskAssignment {
  const { job, stage, task, id, number } = ref;
  const shuffled = stage.out.flatMap(end => (end.edge.type === 'shuffle' ? [{ ...end, edge: end.edge }] : []));
  return {
    job: job.id,
    stage: stage.id,
    task,
    attempt: id,
    number,
    generation: job.generation,
    split: stage.splits?.assigned(task) ?? null,
    partitions: Object.fromEntries(
      shuffled.map(end => [end.id, end.edge.shuffle.partitioner.type === 'range' ? 1 : (stageAt(job, end.other).planned as number)]),
    ),
    reads: Object.fromEntries(shufflesInto(stage).map(end => [end.id, readBy(stage, task)])),
    producers: Object.fromEntries(stage.into.map(end => [end.id, tableOf(stageAt(job, end.other)).count])),
    counts: Object.fromEntries(stage.counts.map(counted => [counted, tableOf(stageAt(job, counted)).count])),
    staging: Object.fromEntries(
      [...stage.spec.outputs, ...lettersOf(ref)]
        .filter(output => job.graph.outputs[output]?.type === 'files')
        .map(output => [output, found(job.facts.staging[output], `staging of output ${output}`)]),
    ),
  };
}
