// The input of a task of partitions: the merge of its map outputs, handed on group by group or record by record.

import { type Edge, type Select, sidesOf } from '@sheaf/protocol/graph';
import { ReadAhead } from '../../data/read-ahead.ts';
import { keyText } from '../failure/key-text.ts';
import { writeTextLines } from '../output/write-text-lines.ts';
import { type GroupSide, Groups } from '../shuffle/groups.ts';
import { type Merged, type MergeMemory, OpenMerge, openMerged } from '../shuffle/merge-sources.ts';
import { numberFoldsOf } from '../shuffle/number-folds.ts';
import { taskSources } from '../shuffle/task-sources.ts';
import { foldingOf } from '../steps/folds.ts';
import type { GroupPush, Push } from '../steps/step-calls.ts';
import type { StepChain } from '../steps/step-chain.ts';
import type { WaitingSteps } from '../steps/waiting-steps.ts';
import type { TaskLayout } from '../task-layout.ts';
import type { TaskParts } from '../task-parts.ts';
import type { InputCounts } from './input-counts.ts';

type ShuffleEdge = Extract<Edge, { readonly type: 'shuffle' }>;

export async function receiveInput(run: TaskParts, layout: TaskLayout, chain: StepChain): Promise<InputCounts> {
  const { at, step } = chain.source();
  if (step.type !== 'receive' || layout.merge === null) throw new Error('a task of partitions reads no shuffle');
  const edges = step.edges.map(id => run.job.graph.edges[id] as ShuffleEdge);
  const sides = sidesOf(step);
  // The edges of one side are alike but for their producers.
  const ofSides = edges.filter((_, i) => sides.indexOf(sides[i] as number) === i);
  const memory: MergeMemory = {
    memory: run.job.memory,
    ...layout.merge,
    progress: run.progress,
    directory: run.task.directory,
    ordered: ofSides.map(edge => edge.shuffle.key.length > edge.shuffle.group),
  };
  const { job, stage, task, attempt } = run.assignment;
  const keyed = !haveOneKey(ofSides);
  const outputs = step.edges.reduce((sum, edge) => sum + (run.task.sources[edge]?.task.length ?? 0), 0);
  const files = !keyed && outputs > memory.fanIn ? new ReadAhead() : null;
  let open: Merged | null = null;
  try {
    open = openMerged(taskSources(run.job, run.task, step, { lists: run.lists, files }), memory, {
      ids: { job, stage, task, attempt },
      keyed,
    });
    if (open === null) return { records: 0, bytes: 0, groups: 0, invalidUtf8: 0 };
    const lines = open instanceof OpenMerge ? writeTextLines(run, chain, { receive: at, sides: ofSides, open, memory }) : null;
    if (lines !== null) return lines;
    const groups = new Groups(foldedWhereNumbers(run, open, ofSides), memory, {
      key: layout.merge.key,
      sides: ofSides.map(edge => sideOf(run, edge, chain.joins(at))),
    });
    run.describe = () => ({ key: keyText(groups.key()), valueIndex: Math.max(0, groups.valueCount - 1) });
    const kinds = ofSides.map(edge => edge.shuffle.value.type);
    const push = chain.groupPush(at);
    if (push === null) await readRecords(run, groups, { kinds, next: chain.out(at), waits: chain.waits() });
    else await readGroups(run, groups, { push, waits: chain.waits() });
    return { records: groups.records, bytes: groups.bytesRead, groups: groups.count, invalidUtf8: 0 };
  } finally {
    open?.close();
    files?.close();
  }
}

/** Of a combiner that folds numbers, where nothing is joined: they are folded as they are merged. */
function foldedWhereNumbers(run: TaskParts, open: Merged, [edge, ...others]: readonly ShuffleEdge[]): Merged {
  if (edge === undefined || others.length > 0 || !(open instanceof OpenMerge)) return open;
  const folds = numberFoldsOf(edge.shuffle, run.job);
  return folds === null ? open : open.folded(folds);
}

/** All records have the same key: none at all, or a constant. */
function haveOneKey(edges: readonly ShuffleEdge[]): boolean {
  const keys = edges.map(edge => JSON.stringify(edge.shuffle.key));
  const constant = edges.every(edge => edge.shuffle.key.every(({ select }) => select.type === 'constant'));
  return constant && keys.every(key => key === keys[0]);
}

async function readGroups(
  run: TaskParts,
  groups: Groups,
  { push, waits }: { readonly push: GroupPush; readonly waits: WaitingSteps | null },
): Promise<void> {
  const { where } = run;
  while (groups.nextGroup()) {
    where.record = groups.count - 1;
    push(groups);
    if (waits?.full === true) await waits.drain();
  }
}

/** A join has no fold behind it that would put partial results together and finish them. */
function sideOf(run: TaskParts, edge: ShuffleEdge, joined: boolean): GroupSide {
  const { combine, value, key, group } = edge.shuffle;
  return {
    folding: combine === null ? null : foldingOf(combine, run.job, true),
    finishes: joined,
    keyOnly: value.type === 'none',
    descending: key.map(part => part.desc),
    group,
  };
}

interface Records {
  /** Of the value that the edge of a side sends. */
  readonly kinds: readonly Select['type'][];
  readonly next: Push;
  readonly waits: WaitingSteps | null;
}

/** Records one by one: the value where the edge sends whole records, the key where it sends no value, else the pair. */
async function readRecords(run: TaskParts, groups: Groups, { kinds, next, waits }: Records): Promise<void> {
  const { where } = run;
  while (groups.nextGroup()) {
    where.record = groups.count - 1;
    while (groups.nextValue()) {
      const kind = kinds[groups.side];
      next(kind === 'record' ? groups.value : kind === 'none' ? groups.key() : [groups.key(), groups.value]);
      if (waits?.full === true) await waits.drain();
    }
  }
}
