// The end of an attempt's edges: each gets its run, in a file of its own or, when all of them are small and the worker named a
// pack, together in that. Edges that carry the same records share a run.

import { renameSync, writeFileSync } from 'node:fs';
import { limits } from '@sheaf/protocol';
import { type EdgeId, runOf, runsOutOf } from '@sheaf/protocol/graph';
import type { MapOutput } from '@sheaf/protocol/messages';
import type { PackWriter } from '../../data/pack.ts';
import type { ExecutorTask } from '../messages.ts';
import { sendSamples } from '../steps/send-samples.ts';
import type { TaskParts } from '../task-parts.ts';
import type { EdgeWriter, FinishedEdge } from './edge-writer.ts';
import { linkRun } from './link-run.ts';

interface Finishing {
  readonly writerOf: (edge: EdgeId) => EdgeWriter;
  /** Where the run of an edge has its file. */
  readonly pathOf: (edge: EdgeId) => string;
}

/** Finishes all edges that leave the stage, in order. Samples are taken of a finished run, so the edges they travel on are last. */
export function finishEdges(run: TaskParts, { writerOf, pathOf }: Finishing): MapOutput[] {
  const { graph, packs } = run.job;
  const { stage } = run.assignment;
  const runs = runsOutOf(graph, stage);
  const { pack } = run.task;
  // A worker names a pack only where no run is sampled or shared.
  if (pack !== undefined && packs !== undefined) {
    return packed(
      pack,
      packs,
      runs.map(edge => writerOf(edge).finish(limits.packedRunBytesMax)),
    );
  }
  const sampled = run.stage.steps.flatMap(step => (step.type === 'sample' && runs.includes(step.to) ? [step] : []));
  const carriers = new Set(sampled.map(step => step.to));
  const first = runs.filter(edge => !carriers.has(edge)).map(edge => writerOf(edge).finish().output);
  for (const step of sampled) sendSamples(run, step, first);
  const written = new Map([...first, ...[...carriers].map(edge => writerOf(edge).finish().output)].map(output => [output.edge, output]));
  return graph.edges.flatMap(({ from }, edge) => {
    const output = from === stage ? written.get(runOf(graph, edge)) : undefined;
    if (output === undefined) return [];
    return [output.edge === edge ? output : linkRun(output, edge, pathOf(edge))];
  });
}

function packed(pack: NonNullable<ExecutorTask['pack']>, packs: PackWriter, finished: readonly FinishedEdge[]): MapOutput[] {
  const images = finished.flatMap(({ image }) => (image === null ? [] : [image]));
  if (images.length === 0 || images.length < finished.length) {
    for (const { image, output } of finished) if (image !== null) writeRun(output.path, image);
    return finished.map(({ output }) => output);
  }
  const places = packs.append(pack.path, images);
  return finished.map(({ output }, i) => ({ ...output, path: pack.path, packed: { pack: pack.number, at: places[i] ?? 0 } }));
}

/** Beside a larger one: its folder is there. */
function writeRun(path: string, image: Uint8Array): void {
  writeFileSync(`${path}.part`, image);
  renameSync(`${path}.part`, path);
}
