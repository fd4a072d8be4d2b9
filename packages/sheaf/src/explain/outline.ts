// The outline of a planned job: its stages and edges in words, each operator with the line of the user's file. Made by whoever
// has the job's functions and source map; it travels beside the graph and changes nothing of it.

import type { CompiledJob } from '@sheaf/job/open';
import { limits } from '@sheaf/protocol';
import { type Edge, type EdgeId, runOf, type Stage, type StageGraph, type StageId, type Step, type StepId } from '@sheaf/protocol/graph';
import type { Outline, OutlinedEdge, OutlinedOperator, OutlinedStage } from '@sheaf/protocol/messages';
import type { JobBundle } from '../submit/job-bundle.ts';
import { userPlaces } from '../submit/user-line.ts';
import { foldWords, selectWords } from './graph-words.ts';

interface Described extends Pick<CompiledJob, 'graph' | 'notes'> {
  readonly bundle: JobBundle;
  readonly bundlePath: string;
}

export function outlineOf(job: Described): Outline {
  const { graph, notes } = job;
  const places = userPlaces({ path: job.bundlePath, bundle: job.bundle });
  const stages = graph.stages.map((stage, id): OutlinedStage => {
    const operators = (notes?.operators[id] ?? []).map(({ text, made, written, step }, at, all): OutlinedOperator => {
      const place = made === null ? (written === undefined ? null : places.ofFunction(written)) : places.ofError(made);
      const next = all[at + 1];
      const ends = next !== undefined && !leadsTo(stage.steps, step, next.step);
      return { text: shortened(text), place: place === null ? null : shortened(place), ends };
    });
    return {
      name: shortened(stage.name),
      operators: operators.slice(0, limits.outlineOperatorsMax),
      reads: readsOf(stage).map(shortened).slice(0, limits.outlineOperatorsMax),
      writes: stage.outputs.map(output => shortened(outputWords(graph, output))).slice(0, limits.outlineOperatorsMax),
      keys: keysOf(stage),
    };
  });
  const edges = graph.edges.map((edge, id): OutlinedEdge => {
    const { key, sorted } = notes?.edges[id] ?? keyWords(edge);
    const shares = runOf(graph, id);
    return {
      ...{ from: edge.from, to: edge.to, type: edgeType(graph, id), key: shortened(key), sorted: shortened(sorted) },
      combiner: edge.type === 'broadcast' || edge.shuffle.combine === null ? null : shortened(foldWords(edge.shuffle.combine)),
      side: sideOf(graph, id),
      ...(shares === id ? {} : { shares }),
    };
  });
  const outline = { stages, edges };
  // Nobody's plan is refused for its words: what is too long is told without them.
  if (JSON.stringify(outline).length <= limits.outlineCharsMax) return outline;
  return { edges, stages: stages.map(stage => ({ ...stage, operators: [], reads: [], writes: [] })) };
}

function shortened(text: string): string {
  return text.length <= limits.outlineTextCharsMax ? text : `${text.slice(0, limits.outlineTextCharsMax - 1)}…`;
}

/** Whether the records of one step are what another works on, at once or over steps between them. */
function leadsTo(steps: readonly Step[], from: StepId, to: StepId): boolean {
  let at = to;
  for (let step = steps[at]; at > from && step !== undefined && 'from' in step; step = steps[at]) at = step.from;
  return at === from;
}

function readsOf(stage: Stage): string[] {
  if (stage.tasks.type !== 'splits') return [];
  return stage.tasks.inputs.map(input => (input.type === 'files' ? input.paths.join(', ') : 'items'));
}

function outputWords(graph: StageGraph, id: number): string {
  const output = graph.outputs[id];
  return output === undefined ? '?' : output.type === 'files' ? output.folder : `answer ${output.name}`;
}

function keysOf({ steps }: Stage): OutlinedStage['keys'] {
  for (const step of steps) if (step.type === 'group' || step.type === 'join' || step.type === 'fold') return step.type;
  return null;
}

function edgeType(graph: StageGraph, id: EdgeId): OutlinedEdge['type'] {
  const edge = graph.edges[id] as Edge;
  if (edge.type === 'broadcast') return 'broadcast';
  if (graph.stages[edge.from]?.steps.some(step => step.type === 'sample' && step.to === id) === true) return 'sample';
  return edge.shuffle.key.length === 0 ? 'gather' : edge.shuffle.partitioner.type;
}

/** The key of an edge of which nobody has said anything. */
function keyWords(edge: Edge): { readonly key: string; readonly sorted: string } {
  if (edge.type === 'broadcast') return { key: '', sorted: '' };
  const parts = edge.shuffle.key.map(({ select, desc }) => `${selectWords(select)}${desc ? ' desc' : ''}`);
  return { key: parts.slice(0, edge.shuffle.group).join(', '), sorted: parts.slice(edge.shuffle.group).join(', ') };
}

/** Which side of a join the edge is; null where it is none. */
function sideOf(graph: StageGraph, id: EdgeId): number | null {
  const reader: StageId | undefined = graph.edges[id]?.to;
  const steps = reader === undefined ? [] : (graph.stages[reader]?.steps ?? []);
  const receive = steps.find(step => step.type === 'receive' && step.edges.includes(id));
  if (receive?.type !== 'receive' || !steps.some(step => step.type === 'join')) return null;
  const at = receive.edges.indexOf(id);
  return receive.sides?.[at] ?? at;
}
