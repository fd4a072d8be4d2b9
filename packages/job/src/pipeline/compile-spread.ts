// repartition and zipWithIndex as stages. Both know a record by the task that has it and its number in the task, which depend on
// the input and the settings alone, never on the cluster.

import type { Count, KeyPart } from '@sheaf/protocol/graph';
import type { FunctionTable } from '../compile/functions.ts';
import type { CountingContext, TaskContext } from '../context.ts';
import type { AnyFunction } from '../user-function.ts';
import type { Node } from './nodes.ts';
import { orderWords } from './operator-text.ts';
import { composed, itemSelector } from './selectors.ts';
import type { Drafts, EdgeDraft, ShuffleDraft, StageDraft } from './stage-drafts.ts';

/** Where a collection's records are: after a step of a stage, or of several stages for a union. */
export interface Branch {
  readonly stage: StageDraft;
  readonly step: number;
}
export type Branches = readonly Branch[];

/** A function and the text that its hash is of. */
export interface Call {
  readonly role: 'map' | 'partition';
  readonly call: AnyFunction;
  readonly text: string;
}

/** What the compiler of a pipeline lends. */
export interface Compiler {
  readonly functions: FunctionTable;
  readonly drafts: Drafts;
  branches(node: Node): Branches;
  call(branches: Branches, call: Call): Branches;
  emit(branches: Branches, to: StageDraft, shuffle: ShuffleDraft): EdgeDraft[];
  /** Records that are in several stages are brought into one. */
  together(branches: Branches, name: string): Branch;
  receive(stage: StageDraft, sides: readonly (readonly EdgeDraft[])[]): number;
  /** Sends records to a stage of its own, in total order of a key. */
  ranged(branches: Branches, key: readonly KeyPart[], spoken: { readonly name: string; readonly words: string }): Branch;
}

type Context = TaskContext<unknown>;
type NodeOf<Type extends Node['type']> = Extract<Node, { readonly type: Type }>;

/**
 * Records are dealt out one by one, each task beginning at another partition, or as a function of the job says; `orders` sort what
 * each partition got. A partition is the key of its records, so without orders they stay in input order.
 */
export function compileRepartition(
  compiler: Compiler,
  { from, partitions, partition: own, orders, said }: NodeOf<'repartition'>,
  tasks: Count,
  unordered: ShuffleDraft,
): Branches {
  const { functions, drafts } = compiler;
  const branches = compiler.branches(from);
  const dealt = compiler.call(branches, own === null ? dealingTo(partitions) : { role: 'partition', call: own, text: own.toString() });
  const key: KeyPart[] = [{ select: itemSelector(0).select(functions, 'key'), desc: false }];
  for (const { selector, desc } of orders) key.push({ select: composed(itemSelector(1), selector).select(functions, 'key'), desc });
  const partition = (at: number, count: number): number => at % count;
  const shuffle: ShuffleDraft = {
    ...unordered,
    key,
    group: 1,
    value: itemSelector(1).select(functions, 'value'),
    partitioner: { type: 'function', function: functions.add('partition', partition, 'in turn') },
    words: { key: own === null ? 'in turn' : '', sorted: orderWords(orders), said: [said] },
  };
  const stage = drafts.stage('repartition', { type: 'partitions', count: tasks });
  const step = compiler.receive(stage, [compiler.emit(dealt, stage, shuffle)]);
  return compiler.call([{ stage, step }], { role: 'map', call: (pair: readonly unknown[]) => pair[1], text: 'value of a pair' });
}

function dealingTo(partitions: number | null): Call {
  const number = numbering();
  const call = (record: unknown, context: Context): unknown => {
    const at = context.task.index + number(context);
    return [partitions === null ? at : at % partitions, record];
  };
  return { role: 'map', call, text: `deal to ${partitions}` };
}

/**
 * Each task numbers its records and counts them; a stage of one task makes offsets of the counts; the records, which have been
 * written and are read again in input order, get the offset of their task and their number in it.
 */
export function compileIndex(compiler: Compiler, { from }: NodeOf<'index'>, one: Count, unordered: ShuffleDraft): Branches {
  const { functions, drafts } = compiler;
  const offsets = drafts.stage('offsets', { type: 'partitions', count: one });
  const branches = compiler.branches(from);
  const numbered = branches.flatMap((branch, i) => compiler.call([branch], { role: 'map', ...numberRecords(i) }));
  const counted = branches.map(({ stage, step }, i) => {
    const { count, end } = countRecords(i);
    const ends = functions.add('end', end, `count of branch ${i}`);
    const ref = functions.add('flatMap', count, `count branch ${i}`);
    return { stage, step: drafts.push(stage, { type: 'call', from: step, function: ref, end: ends }) };
  });
  const received = compiler.receive(offsets, [compiler.emit(counted, offsets, unordered)]);
  const { take, end } = makeOffsets();
  const summed = drafts.push(offsets, {
    type: 'call',
    from: received,
    function: functions.add('flatMap', take, 'take counts'),
    end: functions.add('end', end, 'offsets of counts'),
  });
  const key = [0, 1, 2].map((index): KeyPart => ({ select: { type: 'item', index }, desc: false }));
  const { stage, step } = compiler.ranged(numbered, key, { name: 'index', words: 'input order' });
  const edge = drafts.edge({ from: offsets, to: stage, shuffle: null });
  drafts.push(offsets, { type: 'emit', from: summed, edge });
  const table = drafts.push(stage, { type: 'load', edge, key: { type: 'item', index: 0 } });
  const task = functions.add('key', ([branch, index]: Numbered) => [branch, index], 'task of a record');
  const lookup = { type: 'lookup', from: step, table, key: { type: 'function', function: task }, kind: 'inner' } as const;
  const looked = drafts.push(stage, lookup);
  const call = ([, { left, right }]: readonly [
    unknown,
    { readonly left: Numbered; readonly right: readonly [unknown, number] },
  ]): unknown => {
    return [left[3], right[1] + left[2]];
  };
  return compiler.call([{ stage, step: looked }], { role: 'map', call, text: 'record and index' });
}

type Numbered = readonly [branch: number, task: number, number: number, record: unknown];
type TaskCount = readonly [branch: number, task: number, count: number];

/** Counts the calls of an attempt: an executor runs one after another, and each has a context of its own. */
function numbering(): (context: CountingContext) => number {
  let last: Context | null = null;
  let count = 0;
  const uncount = (): void => {
    count--;
  };
  return context => {
    if (context !== last) {
      last = context;
      count = 0;
    }
    context.onTakeBack?.(uncount);
    return count++;
  };
}

/** Records with their number, ready to be sent on in their order. */
export function compileNumbered(compiler: Compiler, branches: Branches): Branches {
  return branches.flatMap((branch, i) => compiler.call([branch], { role: 'map', ...numberRecords(i) }));
}

/** Numbered records once more, in a stage of their own and in their order. */
export function compileAgain(compiler: Compiler, numbered: Branches): Branches {
  const key = [0, 1, 2].map((index): KeyPart => ({ select: { type: 'item', index }, desc: false }));
  const again = compiler.ranged(numbered, key, { name: 'again', words: 'input order' });
  return compiler.call([again], { role: 'map', call: recordOf, text: 'numbered record' });
}

function recordOf(numbered: Numbered): unknown {
  return numbered[3];
}

function numberRecords(branch: number): { readonly call: AnyFunction; readonly text: string } {
  const number = numbering();
  const call = (record: unknown, context: Context): Numbered => [branch, context.task.index, number(context), record];
  return { call, text: `number branch ${branch}` };
}

function countRecords(branch: number): { readonly count: AnyFunction; readonly end: AnyFunction } {
  const number = numbering();
  const none: unknown[] = [];
  return {
    count: (_: unknown, context: Context) => {
      number(context);
      return none;
    },
    // Of an attempt without records the first number is 0 too.
    end: (context: Context) => [[branch, context.task.index, number(context)]],
  };
}

function makeOffsets(): { readonly take: AnyFunction; readonly end: AnyFunction } {
  let last: Context | null = null;
  let counts: TaskCount[] = [];
  const begin = (context: Context): void => {
    if (context === last) return;
    last = context;
    counts = [];
  };
  return {
    take: (count: TaskCount, context: Context) => {
      begin(context);
      counts.push(count);
      return [];
    },
    end: (context: Context) => {
      begin(context);
      let offset = 0;
      return [...counts]
        .sort((a, b) => a[0] - b[0] || a[1] - b[1])
        .map(([branch, task, count]) => {
          const before = offset;
          offset += count;
          return [[branch, task], before];
        });
    },
  };
}
