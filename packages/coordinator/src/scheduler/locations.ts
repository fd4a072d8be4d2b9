// Where a worker finds what its tasks read. Each session is told each change once per edge; what it needs for a task is sent
// before the task is, and changes that concern attempts which already run are sent as they happen. Of a stage of many tasks workers
// are told in full messages while it runs, so that no step has more than some of them to send.

import { limits } from '@sheaf/protocol';
import { type OutputLocation, outputPath, packPath } from '@sheaf/protocol/messages';
import { found } from './assert.ts';
import { stageAt } from './job-runs.ts';
import type { EdgeEnd, JobRun, SchedulerState, StageRun, WorkerRun } from './state.ts';
import { nowhere } from './task-table.ts';
import { tableOf, taskState } from './transitions.ts';
import { send, type Turn } from './turn.ts';

/** Opens the job on the worker's session, unless it was. */
export function openJobOn(turn: Turn, worker: WorkerRun, job: JobRun): void {
  if (worker.told.has(job.id)) return;
  worker.told.set(job.id, new Map());
  worker.jobs.add(job.id);
  send(turn, worker, { type: 'open-job', job: job.facts.opening });
}

/** Tells the worker whatever it has not heard about the outputs that the stage reads. */
export function sendLocations(turn: Turn, worker: WorkerRun, reader: { readonly job: JobRun; readonly stage: StageRun }): void {
  for (const end of reader.stage.into) sendEdge(turn, worker, { job: reader.job, end });
}

/** Passes on, to those whose attempts are reading them, the outputs that came to be or moved in this step. */
export function sendMoved(turn: Turn): void {
  for (const [stage, job] of turn.moved) {
    for (const end of stage.out) {
      const reader = stageAt(job, end.other);
      const workers = new Set([...reader.live.values()].flat().map(attempt => attempt.worker));
      for (const worker of turn.state.sessions.values()) {
        const told = worker.told.get(job.id);
        if (told === undefined) continue;
        const isFull = tableOf(stage).log.end - (told.get(end.id) ?? 1) >= limits.locationsPerMessageMax;
        if (isFull || workers.has(worker)) sendEdge(turn, worker, { job, end: { ...end, other: stage.id } });
      }
    }
  }
}

function sendEdge(turn: Turn, worker: WorkerRun, { job, end }: { readonly job: JobRun; readonly end: EdgeEnd }): void {
  const producer = stageAt(job, end.other);
  const { log } = tableOf(producer);
  const told = found(worker.told.get(job.id), 'job opened before locations');
  const from = told.get(end.id) ?? 0;
  if (from === log.end) return;
  let entries: OutputLocation[] = [];
  const flush = (): void => {
    if (entries.length > 0) send(turn, worker, { type: 'locations', job: job.id, edge: end.id, entries });
    entries = [];
  };
  for (const task of log.since(from)) {
    const entry = locationOf(turn.state, { job, stage: producer, task, edge: end.id });
    if (entry === null) continue;
    entries.push(entry);
    if (entries.length === limits.locationsPerMessageMax) flush();
  }
  flush();
  told.set(end.id, log.end);
}

interface OutputRef {
  readonly job: JobRun;
  readonly stage: StageRun;
  readonly task: number;
  readonly edge: number;
}

/** null: the output is lost at the moment; when it is there again, the log says so anew. */
function locationOf(state: SchedulerState, { job, stage, task, edge }: OutputRef): OutputLocation | null {
  const table = tableOf(stage);
  const at = found(table.worker[task], 'task');
  if (taskState(stage, task) !== 'committed' || at === nowhere) return null;
  const worker = found(state.workers[at], 'worker');
  const attempt = found(table.winner(task), 'attempt');
  const { bytes, hash, packed } = table.output(task, edge);
  const place =
    packed === undefined
      ? { path: outputPath(worker.directory, { job: job.id, attempt, edge }) }
      : { path: packPath(worker.directory, job.id, packed.pack), at: packed.at };
  return { task, attempt, worker: worker.id, address: worker.address, host: worker.host, ...place, bytes, hash };
}
