// A stage graph and its plan in words: one block a stage, one line a step.

import type { Edge, Fold, Format, Partitioner, Select, Stage, StageGraph, Step } from '@sheaf/protocol/graph';
import type { PlannedJob } from '../submit/submission.ts';
import type { StagePlan } from './explain-plan.ts';
import { escaped } from './printable.ts';
import { bytesText, plural } from './quantities.ts';

/** The lines that `explain` prints. */
export function explainJob({ name, graph }: PlannedJob, plan: readonly StagePlan[]): string[] {
  const { memoryMb, heapMb, splitMb } = graph.settings;
  const lines = [escaped(name), `  memory ${memoryMb} MB and heap ${heapMb} MB a task, splits of at most ${splitMb} MB`];
  graph.stages.forEach((stage, at) => {
    const planned = plan[at];
    lines.push(`stage ${escaped(stage.name)}: ${tasksText(planned)}`);
    for (const input of planned?.inputs ?? []) lines.push(`  ${inputText(input)}`);
    for (const step of stage.steps) lines.push(`  ${stepText(step, stage, graph)}`);
  });
  for (const edge of graph.edges) lines.push(edgeText(edge, graph, plan));
  for (const output of graph.outputs) {
    lines.push(
      output.type === 'files' ? `output ${escaped(output.folder)} (${output.format})` : `answer of at most ${bytesText(output.bytesMax)}`,
    );
  }
  lines.push(...warningsOf(graph, plan).map(warning => `warning: ${warning}`));
  return lines;
}

function tasksText(planned: StagePlan | undefined): string {
  if (planned === undefined || planned.tasks === null) return 'tasks counted when the stages before it have run';
  const { tasks, splitBytes } = planned;
  if (splitBytes === null) return plural(tasks, 'task');
  const sizes =
    splitBytes.min === splitBytes.max ? bytesText(splitBytes.max) : `${bytesText(splitBytes.min)} to ${bytesText(splitBytes.max)}`;
  return `${plural(tasks, 'task')}, splits of ${sizes}`;
}

function inputText({ paths, files, bytes, packed }: StagePlan['inputs'][number]): string {
  if (paths.length === 0) return 'items made by the job';
  const whole = packed === 0 ? '' : `, ${packed} of them gz and read whole`;
  return `${paths.map(escaped).join(', ')}: ${plural(files, 'file')}, ${bytesText(bytes)}${whole}`;
}

function stepText(step: Step, stage: Stage, graph: StageGraph): string {
  switch (step.type) {
    case 'read':
      return `read ${stage.tasks.type === 'splits' ? inputKind(stage, step.input) : ''}`.trimEnd();
    case 'receive':
      return `receive from ${step.edges.map(edge => stageName(graph, graph.edges[edge]?.from)).join(' and ')}, grouped by key`;
    case 'load':
      return `load everything of ${stageName(graph, graph.edges[step.edge]?.from)}`;
    case 'call':
      return step.batch === undefined ? step.function.role : `${step.function.role} in batches of ${step.batch}`;
    case 'pipe':
      return `pipe through ${escaped(step.command.join(' '))}`;
    case 'shape':
      return `shape ${step.fields.map(field => escaped(field.name)).join(', ')}`;
    case 'fold':
      return `fold ${foldText(step.fold)}`;
    case 'group':
      return 'group: a function over each key and its values';
    case 'join':
      return `${step.kind} join`;
    case 'lookup':
      return `${step.kind} join with the loaded table`;
    case 'top':
      return `top ${step.count}${step.perGroup ? ' of each key' : ''}`;
    case 'sample':
      return 'sample the keys written';
    case 'splitters':
      return `cut the keys into ranges for ${escaped(graph.stages[step.stage]?.name ?? '')}`;
    case 'emit':
      return `emit to ${stageName(graph, graph.edges[step.edge]?.to)}`;
    case 'write': {
      const output = graph.outputs[step.output];
      return output?.type === 'files' ? `write ${escaped(output.folder)}` : 'answer';
    }
  }
}

function inputKind(stage: Stage, input: number): string {
  const of = stage.tasks.type === 'splits' ? stage.tasks.inputs[input] : undefined;
  return of === undefined ? '' : of.type === 'items' ? 'items' : formatText(of.format);
}

function formatText(format: Format): string {
  switch (format.type) {
    case 'text':
      return `text by ${format.unit}`;
    case 'csv':
    case 'jsonl':
      return format.columns === null
        ? format.type
        : `${format.type} columns ${format.columns.map(column => escaped(column.name)).join(', ')}`;
    case 'file':
      return 'whole files';
    case 'other':
      return escaped(format.name);
  }
}

function edgeText(edge: Edge, graph: StageGraph, plan: readonly StagePlan[]): string {
  const between = `${stageName(graph, edge.from)} → ${stageName(graph, edge.to)}`;
  if (edge.type === 'broadcast') return `broadcast ${between}`;
  const { key, group, combine, partitioner } = edge.shuffle;
  const producers = plan[edge.from]?.tasks;
  const readers = plan[edge.to]?.tasks;
  const pieces = producers == null || readers == null ? '' : `, ${producers} × ${readers} pieces`;
  const order = key.slice(group).map(part => `${selectText(part.select)}${part.desc ? ' descending' : ''}`);
  const sorted = order.length === 0 ? '' : `, values sorted by ${order.join(', ')}`;
  return `shuffle ${between} ${partitionText(partitioner)}${pieces}, ${combine === null ? 'no combiner' : `combiner ${foldText(combine)}`}${sorted}`;
}

function partitionText(partitioner: Partitioner): string {
  return { hash: 'by hash of the key', function: "by the job's partition function", range: 'by ranges of the key' }[partitioner.type];
}

function foldText(fold: Fold): string {
  switch (fold.type) {
    case 'function':
      return 'by a function of the job';
    case 'built-in':
      return fold.name;
    case 'columns':
      return fold.columns.map(column => `${column.fold} as ${escaped(column.name)}`).join(', ');
  }
}

function selectText(select: Select): string {
  switch (select.type) {
    case 'column':
      return escaped(select.name);
    case 'item':
      return `item ${select.index}`;
    case 'constant':
      return JSON.stringify(select.value);
    case 'function':
      return 'a function of the job';
    case 'record':
    case 'none':
      return select.type;
  }
}

/** What a user may want to change before paying for the job. */
function warningsOf(graph: StageGraph, plan: readonly StagePlan[]): string[] {
  const warnings: string[] = [];
  for (const { inputs } of plan) {
    for (const { packed, files } of inputs)
      if (packed > 0 && packed === files) warnings.push('gz files cannot be cut: each is read by one task');
  }
  graph.edges.forEach(edge => {
    const producers = plan[edge.from]?.tasks ?? 0;
    const readers = plan[edge.to]?.tasks ?? 0;
    if (edge.type === 'shuffle' && producers * readers > 1_000_000) {
      warnings.push(`${producers} × ${readers} pieces are shuffled: fewer reducers or larger splits cost less`);
    }
  });
  return warnings;
}

function stageName(graph: StageGraph, stage: number | undefined): string {
  return escaped(stage === undefined ? '?' : (graph.stages[stage]?.name ?? '?'));
}
