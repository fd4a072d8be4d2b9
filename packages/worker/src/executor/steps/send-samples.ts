// The `sample` step, after its edge's run is finished: sends the quantiles of that run along another edge.

import { runOf, type Step } from '@sheaf/protocol/graph';
import type { MapOutput } from '@sheaf/protocol/messages';
import { RunFile } from '../../data/run-file.ts';
import type { TaskParts } from '../task-parts.ts';
import { samplesOf } from './samples.ts';

/** `finished`: the outputs that are written, the sampled edge's among them. */
export function sendSamples(run: TaskParts, step: Extract<Step, { readonly type: 'sample' }>, finished: readonly MapOutput[]): void {
  const edge = runOf(run.job.graph, step.edge);
  const output = finished.find(one => one.edge === edge);
  if (output === undefined) throw new Error(`edge ${step.edge} is sampled but not written`);
  const { job, stage, task, attempt } = run.assignment;
  const file = new RunFile(output.path, { job, stage, task, attempt, edge });
  file.close();
  const writer = run.edgeWriter(step.to);
  for (const sample of samplesOf(file.footer)) writer.add(sample);
}
