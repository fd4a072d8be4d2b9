// Broadcasts that a plan's functions read. Their records are decoded once in an executor, whichever of its tasks asks first, and
// stay for the next; a task that is not to read one finds it empty, also where an earlier task had it.

import type { EdgeId, FunctionRef, StageGraph } from '@sheaf/protocol/graph';
import type { LoadedJob } from '../loaded-job.ts';
import { attemptsText } from '../local-outputs.ts';
import type { ExecutorTask } from '../messages.ts';

interface Held {
  /** The attempts that the records are of. */
  readonly attempts: string;
  readonly records: readonly unknown[];
}

type Load = { readonly stage: number; readonly edge: EdgeId; readonly give: FunctionRef };

const heldByJob = new WeakMap<LoadedJob, Map<number, Held>>();

/** Hands the stage's broadcasts to the plan, and takes the others back. */
export function giveBroadcasts(job: LoadedJob, task: ExecutorTask, recordsOf: (edge: EdgeId) => readonly unknown[]): void {
  const loads = loadsOf(job.graph);
  if (loads.length === 0) return;
  const held = heldByJob.get(job) ?? new Map<number, Held>();
  heldByJob.set(job, held);
  for (const { give } of loads) job.functions[give.index]?.(undefined);
  for (const { stage, edge, give } of loads) {
    if (stage !== task.assignment.stage) continue;
    const attempts = attemptsText(task.sources[edge]);
    let own = held.get(give.index);
    if (own?.attempts !== attempts) {
      own = { attempts, records: recordsOf(edge) };
      held.set(give.index, own);
    }
    job.functions[give.index]?.(own.records);
  }
}

function loadsOf(graph: StageGraph): Load[] {
  return graph.stages.flatMap(({ steps }, stage) =>
    steps.flatMap(step => (step.type === 'load' && step.give !== undefined ? [{ stage, edge: step.edge, give: step.give }] : [])),
  );
}
