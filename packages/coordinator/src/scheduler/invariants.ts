// What must be true of the state between any two steps. Each count that is kept for speed is derived anew from what it counts.
// Tests and the simulator call this after every step; it costs as much as there are tasks.

import { limits } from '@sheaf/protocol';
import { canRun, isDone, isNeeded } from './job-runs.ts';
import { isLive } from './jobs.ts';
import type { JobRun, SchedulerState, StageRun, WorkerRun } from './state.ts';
import type { TaskState } from './states.ts';
import { nowhere } from './task-table.ts';
import { slotsOf, tableOf, taskState } from './transitions.ts';

/** Throws at the first thing that is not as it must be. */
export function checkInvariants(state: SchedulerState): void {
  for (const job of state.jobs.values()) {
    must(!state.ended.has(job.id), `${job.id} has not ended`);
    for (const stage of job.stages) checkStage(state, job, stage);
    if (isLive(job)) checkLive(state, job);
  }
  for (const worker of state.workersById.values()) checkWorker(state, worker);
  for (const [session, worker] of state.sessions) must(worker.session === session, `${session} is the session of ${worker.id}`);
  for (const attempt of state.attempts.values()) {
    const name = `attempt ${attempt.id}`;
    must(attempt.state === 'running', `${name} runs`);
    must(attempt.worker.attempts.has(attempt), `${name} is with its worker`);
    must(isLive(attempt.job), `${name} is of a job that runs`);
    must(attempt.stage.live.get(attempt.task)?.includes(attempt) === true, `${name} is with its task`);
  }
  for (const [at, delayed] of state.delayed.entries()) {
    must(taskState(delayed.stage, delayed.task) === 'delayed', 'a delayed task is delayed');
    must(at === 0 || (state.delayed[at - 1]?.dueAt ?? 0) <= delayed.dueAt, 'delayed tasks are in order');
  }
}

function checkStage(state: SchedulerState, job: JobRun, stage: StageRun): void {
  const name = `${job.id}/${stage.spec.name}`;
  must(stage.sized === null || stage.table === null, `${name}: sizes of partitions are kept until its tasks are counted`);
  if (stage.table === null) return;
  if (stage.starts !== null) checkStarts(name, stage.starts, stage);
  const counts: { [state in TaskState]: number } = { pending: 0, delayed: 0, running: 0, committed: 0 };
  const outputsOn = new Map<number, number>();
  for (let task = 0; task < stage.table.count; task++) {
    const at = taskState(stage, task);
    counts[at]++;
    must(stage.table.ready.has(task) === (at === 'pending'), `${name}@${task} is ready exactly when pending`);
    if (isLive(job)) must(stage.live.has(task) === (at === 'running'), `${name}@${task} has attempts exactly when running`);
    if (at === 'committed') must(!stage.outdated.has(task), `${name}@${task} is made from what counts`);
    if (at === 'committed') must(stage.table.winner(task) !== null, `${name}@${task} has an attempt that counts`);
    if (stage.out.length === 0) continue;
    const index = stage.table.worker[task] ?? nowhere;
    if (at === 'committed') outputsOn.set(index, (outputsOn.get(index) ?? 0) + 1);
    else must(index === nowhere, `${name}@${task} has no place while it is not committed`);
  }
  must(counts.pending === stage.table.ready.size, `${name}: ready tasks`);
  must(
    counts.running === stage.running && counts.delayed === stage.delayed && counts.committed === stage.committed,
    `${name}: counts by state`,
  );
  must(stage.table.measures.counted === stage.committed, `${name}: measured tasks are the committed ones`);
  must(sameCounts(outputsOn, stage.outputsOn), `${name}: outputs by worker`);
  if (stage.released) must(isDone(stage) && [...outputsOn.keys()].every(index => index === nowhere), `${name}: its outputs were deleted`);
  let unreachable = 0;
  for (const [index, outputs] of outputsOn) if (state.workers[index]?.state !== 'connected') unreachable += outputs;
  must(unreachable === stage.unreachable, `${name}: outputs that cannot be had`);
}

/** Every partition is read by one task. */
function checkStarts(name: string, starts: readonly number[], { table, planned }: StageRun): void {
  must(starts.length === table?.count && starts[0] === 0, `${name}: each task has its first partition`);
  must(
    starts.every((start, task) => start < (starts[task + 1] ?? Number(planned))),
    `${name}: tasks read partitions in order`,
  );
}

/** A job that runs can go on: nothing that is needed stays lost, and what may run is known to. */
function checkLive(state: SchedulerState, job: JobRun): void {
  for (const stage of job.stages) {
    if (!job.stale) must(job.open.includes(stage) === canRun(job, stage), `${job.id}/${stage.spec.name} is open exactly when it can run`);
    if (!isNeeded(job, stage)) continue;
    must(!stage.released, `${job.id}/${stage.spec.name}: what was deleted is needed by nobody, or is made again`);
    for (const index of stage.outputsOn.keys()) {
      const lost = index === nowhere ? state.locateUntil <= state.now : state.workers[index]?.state === 'lost';
      must(!lost, `${job.id}/${stage.spec.name}: what is needed is not lost`);
    }
  }
  must(
    job.stages.some(stage => stage.table === null || stage.committed < stage.table.count),
    `${job.id} has something to do`,
  );
  for (const stage of job.stages) {
    if (stage.table !== null) checkDelayed(state, stage, tableOf(stage).count);
  }
}

function checkDelayed(state: SchedulerState, stage: StageRun, tasks: number): void {
  for (let task = 0; task < tasks && stage.delayed > 0; task++) {
    if (taskState(stage, task) !== 'delayed') continue;
    must(
      state.delayed.some(delayed => delayed.stage === stage && delayed.task === task),
      `${stage.spec.name}@${task} will be due`,
    );
  }
}

function checkWorker(state: SchedulerState, worker: WorkerRun): void {
  must(state.workers[worker.index] === worker, `${worker.id} is at its index`);
  must((worker.state === 'connected') === (worker.session !== null), `${worker.id} has a session exactly when connected`);
  must(worker.session === null || state.sessions.get(worker.session) === worker, `the session of ${worker.id} is its own`);
  must(worker.state !== 'lost' || worker.attempts.size === 0, `nothing runs on ${worker.id}, which is lost`);
  let used = 0;
  for (const attempt of worker.attempts) {
    must(state.attempts.get(attempt.id) === attempt, `attempt ${attempt.id} of ${worker.id} is known`);
    used += slotsOf(attempt.stage);
  }
  must(used === worker.usedSlots, `${worker.id}: slots in use`);
  must(state.free.has(worker) === (worker.state === 'connected' && used < worker.slots), `${worker.id} is free exactly when it has a slot`);
  const most = used === worker.attempts.size ? worker.slots * (1 + limits.queuedPerSlotMax) : worker.slots;
  must(used <= most, `${worker.id}: no more slots in use than there are, but for short tasks that wait`);
  must(
    state.queued.has(worker) === (worker.state === 'connected' && used > worker.slots),
    `${worker.id} has a queue exactly when it has more than slots`,
  );
  let outputs = 0;
  for (const job of state.jobs.values()) for (const stage of job.stages) outputs += stage.outputsOn.get(worker.index) ?? 0;
  must(outputs === worker.outputs, `${worker.id}: outputs on it`);
}

function sameCounts(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`scheduler invariant broken: ${what}`);
}
