// A stage graph and its plan in words, before a run: one block a stage, one line a step, with the line of the user's file.

import { coalescingOf } from '@sheaf/coordinator/planning';
import type { Operator } from '@sheaf/job/open';
import { limits } from '@sheaf/protocol';
import type { Edge, Format, Partitioner, Stage, StageGraph, Step } from '@sheaf/protocol/graph';
import { escaped } from '../cli/printable.ts';
import { bytesText, plural } from '../cli/quantities.ts';
import type { PlannedJob } from '../submit/submission.ts';
import type { Explained, ExplainedStage } from './explained.ts';
import { foldWords, selectWords } from './graph-words.ts';
import { planWarnings } from './plan-warnings.ts';
import type { StagePlan } from './stage-plan.ts';
import { operatorsLine } from './stage-words.ts';

/** The lines that `explain` prints before a run. */
export function planLines({ name, graph, notes }: PlannedJob, explained: Explained): string[] {
  const { memoryMb, heapMb, splitMb } = graph.settings;
  const lines = [escaped(name), `  memory ${memoryMb} MB and heap ${heapMb} MB a task, splits of at most ${splitMb} MB`];
  graph.stages.forEach((stage, at) => {
    const shown = explained.stages[at];
    const planned = shown?.plan ?? undefined;
    lines.push(`stage ${escaped(stage.name)}: ${tasksText(stage, planned)}`);
    if (shown !== undefined && shown.operators.length > 0) lines.push(`  ${escaped(operatorsLine(shown))}`);
    for (const input of planned?.inputs ?? []) lines.push(`  ${inputText(input)}`);
    const places = stepPlaces(notes?.operators[at] ?? [], shown);
    const steps = stage.steps.map(step => stepText(step, stage, graph));
    const width = Math.max(0, ...steps.map((step, id) => (places[id] === undefined ? 0 : step.length)));
    for (const [id, step] of steps.entries())
      lines.push(places[id] === undefined ? `  ${step}` : `  ${step.padEnd(width)}  at ${escaped(places[id])}`);
  });
  for (const [id, edge] of graph.edges.entries()) lines.push(edgeText(edge, id, { graph, explained }));
  for (const [id, output] of graph.outputs.entries()) {
    if (id === graph.onError?.deadLetter) continue;
    lines.push(
      output.type === 'files' ? `output ${escaped(output.folder)} (${output.format})` : `answer of at most ${bytesText(output.bytesMax)}`,
    );
  }
  lines.push(...skipLines(graph));
  lines.push(...planWarnings(explained).map(warning => `warning: ${escaped(warning)}`));
  return lines;
}

/** For each step, where the job says the operator whose work it is, as far as that is known. */
function stepPlaces(operators: readonly Operator[], shown: ExplainedStage | undefined): string[] {
  const places: string[] = [];
  let from = 0;
  for (const [at, { step }] of operators.entries()) {
    const place = shown?.operators[at]?.place ?? null;
    for (let id = from; id <= step && place !== null; id++) places[id] = place;
    from = Math.max(from, step + 1);
  }
  return places;
}

function tasksText(stage: Stage, planned: StagePlan | undefined): string {
  if (planned === undefined || planned.tasks === null) return 'tasks counted when the stages before it have run';
  const { tasks, splitBytes } = planned;
  if (coalescingOf(stage, tasks) !== null) return `up to ${plural(tasks, 'task')}, fewer where partitions are small`;
  if (splitBytes === null) return plural(tasks, 'task');
  const sizes =
    splitBytes.min === splitBytes.max ? bytesText(splitBytes.max) : `${bytesText(splitBytes.min)} to ${bytesText(splitBytes.max)}`;
  return `${plural(tasks, 'task')}, splits of ${sizes}`;
}

/** What the job does about bad records, where it does anything. */
function skipLines({ onError, outputs }: StageGraph): string[] {
  const letters = onError === null ? undefined : outputs[onError.deadLetter];
  if (onError === null || letters?.type !== 'files') return [];
  const count = onError.maxCount === null ? [] : [plural(onError.maxCount, 'record')];
  const ratio = onError.maxRatio === null ? [] : [`${onError.maxRatio} of all that are read`];
  return [`bad records are skipped, at most ${[...count, ...ratio].join(' and ')}: ${escaped(letters.folder)}`];
}

function inputText({ paths, files, bytes, packed }: StagePlan['inputs'][number]): string {
  if (paths.length === 0) return 'items made by the job';
  const whole = packed === 0 ? '' : `, ${packed} of them gz and read whole`;
  return `${paths.map(escaped).join(', ')}: ${plural(files, 'file')}, ${bytesText(bytes)}${whole}`;
}

function stepText(step: Step, stage: Stage, graph: StageGraph): string {
  switch (step.type) {
    case 'read':
      return `${step.scans === true ? 'scan the quotes of' : 'read'} ${stage.tasks.type === 'splits' ? inputKind(stage, step.input) : ''}`.trimEnd();
    case 'receive': {
      const from = step.edges.map(edge => stageName(graph, graph.edges[edge]?.from)).join(' and ');
      return `receive from ${from}${step.edges.every(edge => isGrouped(graph, edge)) ? ', grouped by key' : ''}`;
    }
    case 'load':
      return `load everything of ${stageName(graph, graph.edges[step.edge]?.from)}`;
    case 'call':
      return step.batch === undefined ? step.function.role : `${step.function.role} in batches of ${step.batch}`;
    case 'pipe':
      return `pipe through ${escaped(step.command.join(' '))}`;
    case 'shape':
      return `shape ${step.fields.map(field => escaped(field.name)).join(', ')}`;
    case 'fold':
      return `fold ${escaped(foldWords(step.fold))}`;
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

function isGrouped(graph: StageGraph, id: number): boolean {
  const edge = graph.edges[id];
  return edge?.type === 'shuffle' && edge.shuffle.group > 0;
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

function edgeText(edge: Edge, id: number, { graph, explained }: { readonly graph: StageGraph; readonly explained: Explained }): string {
  const between = `${stageName(graph, edge.from)} → ${stageName(graph, edge.to)}`;
  if (edge.type === 'broadcast') return `broadcast ${between}${broadcastText(id, { graph, explained })}`;
  const { key, group, combine, partitioner } = edge.shuffle;
  const producers = explained.stages[edge.from]?.tasks ?? null;
  const readers = explained.stages[edge.to]?.tasks ?? null;
  const pieces = producers === null || readers === null ? '' : `, ${producers} × ${readers} pieces`;
  const order = key.slice(group).map(part => `${escaped(selectWords(part.select))}${part.desc ? ' descending' : ''}`);
  const sorted = order.length === 0 ? '' : `, values sorted by ${order.join(', ')}`;
  const { type, key: words = '' } = explained.edges[id] ?? {};
  const of = group === 0 ? (type === 'sample' ? 'as a sample of keys' : 'to one task') : partitionText(partitioner, escaped(words));
  return `shuffle ${between} ${of}${pieces}, ${combine === null ? 'no combiner' : `combiner ${escaped(foldWords(combine))}`}${sorted}`;
}

/** Why it is one, where nobody has said that it is to be one. */
function broadcastText(id: number, { graph, explained }: { readonly graph: StageGraph; readonly explained: Explained }): string {
  const edge = graph.edges[id];
  const steps = edge === undefined ? [] : (graph.stages[edge.to]?.steps ?? []);
  const load = steps.findIndex(step => step.type === 'load' && step.edge === id);
  const isMeasured = steps.some(step => step.type === 'lookup' && step.table === load && step.measured !== undefined);
  if (edge === undefined || !isMeasured) return '';
  const inputs = explained.stages[edge.from]?.plan?.inputs ?? [];
  const bytes = bytesText(inputs.reduce((sum, input) => sum + input.bytes, 0));
  return `: ${bytes}, at most ${bytesText(limits.broadcastJoinBytesMax)}, so the other side is not shuffled; { broadcast: false } shuffles both`;
}

function partitionText(partitioner: Partitioner, key: string): string {
  const words = key === '' || key === 'key' ? 'the key' : key;
  switch (partitioner.type) {
    case 'hash':
      return `by hash of ${words}`;
    case 'range':
      return `by ranges of ${words}`;
    case 'function':
      return words === 'in turn' ? 'in turn' : "by the job's partition function";
  }
}

function stageName(graph: StageGraph, stage: number | undefined): string {
  return escaped(stage === undefined ? '?' : (graph.stages[stage]?.name ?? '?'));
}
