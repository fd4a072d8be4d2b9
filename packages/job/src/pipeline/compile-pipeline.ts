// A recorded plan → the stage graph. Nodes become steps: calls are appended to the stage their records are in, so that adjacent
// ones run as one loop and a collection that is used twice is computed once; what groups or orders gets a stage of its own.

import { limits } from '@sheaf/protocol';
import type { Count, Fold, FunctionRef, Input, KeyPart, Output, Select, Settings } from '@sheaf/protocol/graph';
import { FunctionTable } from '../compile/functions.ts';
import { inputOf } from '../compile/inputs.ts';
import { addDeadLetters, type SkipRule } from '../compile/on-error.ts';
import type { CompiledJob } from '../compiled-job.ts';
import type { Decided } from '../decided.ts';
import type { Said } from '../plan-notes.ts';
import type { AnyFunction } from '../user-function.ts';
import { BroadcastCompiler, type PlanSides } from './compile-broadcast.ts';
import { CheckpointCompiler } from './compile-checkpoint.ts';
import { LookupCompiler } from './compile-lookup.ts';
import { type Branch, type Branches, type Compiler, compileIndex, compileRepartition } from './compile-spread.ts';
import { keyWordsOf } from './keyed-operators.ts';
import { ownFold, usesOf } from './node-uses.ts';
import type { Folding, KeyedNode, Node } from './nodes.ts';
import { orderWords } from './operator-text.ts';
import type { PartFolders } from './part-folders.ts';
import type { Answered, Written } from './plan-recorder.ts';
import { recordSelector, type Selector } from './selectors.ts';
import { combinedMark, Drafts, type EdgeDraft, type ShuffleDraft, type StageDraft, splitTasks } from './stage-drafts.ts';

type NodeOf<Type extends Node['type']> = Extract<Node, { readonly type: Type }>;

const bytesPerTask = 64 * 1_048_576;
const spread: Count = { type: 'auto', of: 'source', bytesPerTask, min: 2, max: 10_000 };
/** Small partitions are read together. Not what is to be spread evenly, nor what writes up to so many folders a task. */
const hashed: Count = { ...spread, coalesceBytes: 8 * 1_048_576 };
const ranged: Count = { type: 'auto', of: 'edges', bytesPerTask, min: 2, max: 10_000 };
const one: Count = { type: 'fixed', count: 1 };
const wholeRecord: Select = { type: 'record' };

export interface Plan {
  readonly name: string;
  readonly settings: Settings;
  readonly onError: SkipRule | null;
  readonly written: readonly Written[];
  readonly answers: readonly Answered[];
  /** The operator that each node is of. */
  readonly said: ReadonlyMap<Node, Said>;
  readonly broadcasts: PlanSides;
  readonly decided: Decided;
}

/** The graph of a plan that writes something. */
export function compilePipeline(plan: Plan): CompiledJob {
  const compiler = new PipelineCompiler(plan);
  const outputs: Output[] = plan.written.map((written, id) => {
    if (written.folders === null) compiler.write(written, id);
    else compiler.writeFolders(written, written.folders, id);
    return written.output;
  });
  // What an answer is made of may have outputs too, which stand before it.
  for (const { from } of plan.answers) compiler.branches(from);
  outputs.push(...compiler.checkpoints.outputs);
  const onError = addDeadLetters(plan.onError, outputs);
  const bytesMax = Math.min(limits.answerBytesMax, Math.floor(limits.answersPerJobBytesMax / Math.max(1, plan.answers.length)));
  for (const answered of plan.answers) {
    const { name, gives } = answered;
    compiler.answer(answered, outputs.length);
    outputs.push({ type: 'answer', name, gives, bytesMax });
  }
  const { stages, edges, notes } = compiler.drafts.finish();
  const graph = { version: 1 as const, job: plan.name, stages, edges, outputs, settings: plan.settings, onError };
  const { checkpoints, lookups, functions } = compiler;
  // Behind a join that is none, functions would be asked in the stage that reads, where bad records are skipped.
  const joins = plan.onError === null ? lookups.plans : [];
  return { graph, functions: functions.functions, notes, checkpoints: checkpoints.plans(plan.broadcasts), joins };
}

class PipelineCompiler implements Compiler {
  readonly functions = new FunctionTable();
  readonly drafts = new Drafts();
  private readonly done = new Map<Node, Branches>();
  private readonly uses: ReadonlyMap<Node, number>;
  private readonly said: ReadonlyMap<Node, Said>;
  private readonly broadcasts: BroadcastCompiler;
  readonly checkpoints: CheckpointCompiler;
  readonly lookups: LookupCompiler;

  constructor({ written, answers, said, broadcasts, decided }: Plan) {
    this.uses = usesOf([...written, ...answers, ...broadcasts.sides].map(({ from }) => from));
    this.said = said;
    this.broadcasts = new BroadcastCompiler(this, broadcasts);
    this.checkpoints = new CheckpointCompiler(this, { decided: decided.checkpoints, outputsBefore: written.length });
    this.lookups = new LookupCompiler(this, { decided: decided.joins, uses: this.uses, spread, unordered });
    this.drafts.beforePush = stage => this.broadcasts.pushed(stage);
  }

  write({ from, said }: Written, output: number): void {
    const branches = this.branches(from);
    const isOne = branches.every(({ stage }) => stage === branches[0]?.stage);
    for (const { stage, step } of isOne ? branches : [this.gather(branches, 'gather')]) {
      this.drafts.note(stage, this.drafts.push(stage, { type: 'write', from: step, output }), said);
      if (!stage.outputs.includes(output)) stage.outputs.push(output);
    }
  }

  /** An answer is made by one task. */
  answer({ from, said }: Answered, output: number): void {
    const branches = this.branches(from);
    const [only] = branches;
    const alone = branches.length === 1 && only?.stage.tasks.type === 'partitions' && only.stage.tasks.count === one;
    const { stage, step } = alone ? only : this.gather(branches, 'answer');
    this.drafts.note(stage, this.drafts.push(stage, { type: 'write', from: step, output }), said);
    stage.outputs.push(output);
  }

  /** All records of a folder in one task, in input order, one folder after another. */
  writeFolders({ from, said }: Written, folders: PartFolders, output: number): void {
    const stage = this.drafts.stage('partition', { type: 'partitions', count: spread });
    const key: KeyPart[] = [{ select: folders.key(this.functions), desc: false }];
    const value = folders.value(this.functions);
    const words = { key: folders.names.join(', ') };
    const edges = this.emit(this.branches(from), stage, { key, group: 1, value, combine: null, partitioner: { type: 'hash' }, words });
    this.drafts.note(stage, this.drafts.push(stage, { type: 'write', from: this.receive(stage, [edges]), output, folders: true }), said);
    stage.outputs.push(output);
  }

  /** The records of a node; computed once however often they are asked for. */
  branches(node: Node): Branches {
    let branches = this.done.get(node);
    if (branches === undefined) {
      branches = this.broadcasts.during(node, () => this.compile(node));
      if (node.type !== 'union') for (const { stage, step } of branches) this.drafts.note(stage, step, this.saidOf(node));
      this.done.set(node, branches);
    }
    return this.broadcasts.takenFrom(node, branches);
  }

  /** With what was decided of it. */
  private saidOf(node: Node): Said | undefined {
    const said = this.said.get(node);
    const mark = this.lookups.marks.get(node);
    return said === undefined || mark === undefined ? said : { ...said, text: `${said.text} [${mark}]` };
  }

  private compile(node: Node): Branches {
    switch (node.type) {
      case 'read':
        return [this.read(node)];
      case 'call':
        return this.call(this.branches(node.from), { role: node.role, call: node.call, text: node.text });
      case 'batches': {
        const { from, size: batch, concurrency } = node;
        const ref = this.functions.add('mapBatch', node.call);
        return this.branches(from).map(({ stage, step }) => {
          return { stage, step: this.drafts.push(stage, { type: 'call', from: step, function: ref, batch, concurrency }) };
        });
      }
      case 'pipe': {
        const { from, command } = node;
        return this.branches(from).map(({ stage, step }) => ({
          stage,
          step: this.drafts.push(stage, { type: 'pipe', from: step, command }),
        }));
      }
      case 'repartition': {
        const tasks: Count = node.partitions === null ? spread : { type: 'fixed', count: node.partitions };
        return compileRepartition(this, node, tasks, unordered);
      }
      case 'checkpoint':
        return this.checkpoints.compile(node);
      case 'index':
        return compileIndex(this, node, one, unordered);
      case 'union':
        return node.of.flatMap(one => this.branches(one));
      case 'fold':
        return this.fold(node);
      case 'group':
        return this.group(node);
      case 'join':
        return this.lookups.compile(node) ?? this.join(node);
      case 'cogroup':
        return this.cogroup(node);
      case 'top':
        return this.top(node);
      case 'sort':
        return this.sort(node);
    }
  }

  private read({ source }: NodeOf<'read'>): Branch {
    const input: Input = inputOf(source, this.functions);
    const stage = this.drafts.stage('read', splitTasks([input]));
    let step = this.drafts.push(stage, { type: 'read', input: 0 });
    for (const call of source.calls) {
      step = this.drafts.push(stage, { type: 'call', from: step, function: this.functions.add(call.role, call.function) });
    }
    return { stage, step };
  }

  /** One function, in every stage the records are in. */
  call(branches: Branches, { role, call, text }: { role: FunctionRef['role']; call: AnyFunction; text: string }): Branches {
    const ref = this.functions.add(role, call, text);
    return branches.map(({ stage, step }) => ({ stage, step: this.drafts.push(stage, { type: 'call', from: step, function: ref }) }));
  }

  private fold(node: NodeOf<'fold'>): Branches {
    const { of, folding, name } = node;
    const stage = this.drafts.stage(name, { type: 'partitions', count: hashed });
    const { shuffle, fold } = this.foldShuffle(node);
    const edges = this.emit(this.branches(of.node), stage, shuffle);
    const receive = this.receive(stage, [edges]);
    const branch = { stage, step: this.drafts.push(stage, { type: 'fold', from: receive, fold }) };
    return folding.finish === null || folding.columns !== undefined ? [branch] : this.finished(branch, folding);
  }

  private foldShuffle(node: NodeOf<'fold'>): { readonly shuffle: ShuffleDraft; readonly fold: Fold } {
    const { of, folding } = node;
    const said = this.said.get(node);
    const fold = this.foldOf(folding);
    const key = [this.part(of.key)];
    const value = this.startOf(of.value, folding);
    const combined = said && { ...said, text: `${said.text} ${combinedMark}` };
    const words = { key: keyWordsOf(of), said: [of.said, combined] };
    return { shuffle: { key, group: 1, value, combine: fold, partitioner: { type: 'hash' }, words }, fold };
  }

  private foldOf({ builtIn, merge, text, columns }: Folding): Fold {
    if (builtIn !== null) return { type: 'built-in', name: builtIn };
    if (columns === undefined) return { type: 'function', function: this.functions.add('fold', merge, text) };
    const folded = columns.map(({ name, fold, of }) => ({
      name,
      fold,
      of: of === null ? wholeRecord : of.select(this.functions, 'value'),
    }));
    return { type: 'columns', columns: folded };
  }

  private finished(branch: Branch, { finish, text }: Folding): Branches {
    const call = (pair: readonly unknown[]): unknown => [pair[0], (finish as AnyFunction)(pair[1])];
    return this.call([branch], { role: 'map', call, text: `finish ${text}` });
  }

  /** The value that is folded: a part of the record, or what it counts as. */
  private startOf(value: Selector, { start, text, columns }: Folding): Select {
    if (start === null || columns !== undefined) return value.select(this.functions, 'value');
    if (text === 'count') return { type: 'constant', value: 1 };
    const call = (record: unknown): unknown => start(value.pick(record));
    return { type: 'function', function: this.functions.add('value', call, `${text} of ${value.text}`) };
  }

  private group({ of, sort, call, text }: NodeOf<'group'>): Branches {
    const stage = this.drafts.stage('group', { type: 'partitions', count: hashed });
    const key = [this.part(of.key)];
    if (sort !== null) key.push({ select: this.sortSelect(of.value, sort.selector), desc: sort.desc });
    const shuffle: ShuffleDraft = {
      key,
      group: 1,
      value: of.value.select(this.functions, 'value'),
      combine: null,
      partitioner: { type: 'hash' },
      words: { key: keyWordsOf(of), sorted: sort === null ? '' : orderWords([sort]), said: [of.said] },
    };
    const receive = this.receive(stage, [this.emit(this.branches(of.node), stage, shuffle)]);
    const ref = this.functions.add('group', call, text);
    return [{ stage, step: this.drafts.push(stage, { type: 'group', from: receive, function: ref }) }];
  }

  /** A part of the value, as a part of the record. */
  private sortSelect(value: Selector, selector: Selector): Select {
    if (value === recordSelector) return selector.select(this.functions, 'key');
    const call = (record: unknown): unknown => selector.pick(value.pick(record));
    return { type: 'function', function: this.functions.add('key', call, `${selector.text} of ${value.text}`) };
  }

  private join({ kind, left, right }: NodeOf<'join'>): Branches {
    const stage = this.drafts.stage('join', { type: 'partitions', count: hashed });
    const sides = [left, right].map(side => this.side(side, stage));
    // Whether the other side has the key must be known before the left values stream past.
    const inOrder = kind === 'semi' || kind === 'anti' ? sides.reverse() : sides;
    const receive = this.receive(stage, inOrder);
    return [{ stage, step: this.drafts.push(stage, { type: 'join', from: receive, kind }) }];
  }

  private cogroup({ left, right, call }: NodeOf<'cogroup'>): Branches {
    const stage = this.drafts.stage('cogroup', { type: 'partitions', count: hashed });
    const sides = [left, right].map(side => this.side(side, stage));
    const receive = this.receive(stage, sides);
    const ref = this.functions.add('group', call);
    return [{ stage, step: this.drafts.push(stage, { type: 'join', from: receive, kind: 'cogroup', function: ref }) }];
  }

  /** A side that is a fold of its own comes as the fold's partial results, which the receive of the join puts together. */
  private side(side: KeyedNode, stage: StageDraft): EdgeDraft[] {
    const fold = ownFold(side, this.uses);
    if (fold !== null && !this.done.has(fold)) return this.emit(this.branches(fold.of.node), stage, this.foldShuffle(fold).shuffle);
    return this.emit(this.branches(side.node), stage, this.sideShuffle(side));
  }

  private sideShuffle(side: KeyedNode): ShuffleDraft {
    const words = { key: keyWordsOf(side), said: [side.said] };
    const value = side.value.select(this.functions, 'value');
    return { key: [this.part(side.key)], group: 1, value, combine: null, partitioner: { type: 'hash' }, words };
  }

  private top(node: NodeOf<'top'>): Branches {
    const { from, count, by } = node;
    // Without an order all are equal, and the first stay.
    const order: KeyPart[] = by === null ? [] : [{ select: by.select(this.functions, 'key'), desc: true }];
    const stage = this.drafts.stage('top', { type: 'partitions', count: one });
    const tops = this.branches(from).map(({ stage: own, step }) => ({
      stage: own,
      step: this.drafts.push(own, { type: 'top', from: step, count, by: order, perGroup: false }),
    }));
    for (const local of tops) this.drafts.note(local.stage, local.step, this.said.get(node));
    const receive = this.receive(stage, [this.emit(tops, stage, unordered)]);
    return [{ stage, step: this.drafts.push(stage, { type: 'top', from: receive, count, by: order, perGroup: false }) }];
  }

  private sort({ from, by }: NodeOf<'sort'>): Branches {
    const key = by.map(({ selector, desc }) => ({ select: selector.select(this.functions, 'key'), desc }));
    return [this.ranged(this.branches(from), key, { name: 'sort', words: orderWords(by) })];
  }

  ranged(branches: Branches, key: readonly KeyPart[], { name, words }: { readonly name: string; readonly words: string }): Branch {
    const splitting = this.drafts.stage('splitters', { type: 'partitions', count: one });
    const stage = this.drafts.stage(name, { type: 'partitions', count: ranged });
    const splitters = this.drafts.edge({ from: splitting, to: stage, shuffle: null });
    const partitioner = { type: 'range', splitters } as const;
    const shuffle: ShuffleDraft = { key, group: key.length, value: wholeRecord, combine: null, partitioner, words: { key: words } };
    const edges = this.emit(branches, stage, shuffle);
    const samples = edges.map(edge => {
      const to = this.drafts.edge({ from: edge.from, to: splitting, shuffle: unordered });
      const { step } = branches.find(branch => branch.stage === edge.from) as Branch;
      this.drafts.push(edge.from, { type: 'sample', from: step, edge, to });
      return to;
    });
    const sampled = this.receive(splitting, [samples]);
    const cut = this.drafts.push(splitting, { type: 'splitters', from: sampled, stage });
    this.drafts.push(splitting, { type: 'emit', from: cut, edge: splitters });
    this.drafts.push(stage, { type: 'load', edge: splitters, key: null });
    return { stage, step: this.receive(stage, [edges]) };
  }

  private part(selector: Selector): KeyPart {
    return { select: selector.select(this.functions, 'key'), desc: false };
  }

  /** Sends the records of each branch to a stage: one edge from each stage they are in. */
  emit(branches: Branches, to: StageDraft, shuffle: ShuffleDraft): EdgeDraft[] {
    const edges = new Map<StageDraft, EdgeDraft>();
    for (const { stage, step } of branches) {
      const edge = edges.get(stage) ?? this.drafts.edge({ from: stage, to, shuffle });
      edges.set(stage, edge);
      const emit = this.drafts.push(stage, { type: 'emit', from: step, edge });
      for (const said of shuffle.words?.said ?? []) this.drafts.note(stage, emit, said);
    }
    return [...edges.values()];
  }

  /** Receives edges by sides: the edges of one side are one for a join. */
  receive(stage: StageDraft, sides: readonly (readonly EdgeDraft[])[]): number {
    const edges = sides.flat();
    const plain = sides.every(side => side.length === 1) ? {} : { sides: sides.flatMap((side, i) => side.map(() => i)) };
    return this.drafts.push(stage, { type: 'receive', edges, ...plain });
  }

  together(branches: Branches, name: string): Branch {
    const [only] = branches;
    return only !== undefined && branches.length === 1 ? only : this.gather(branches, name);
  }

  private gather(branches: Branches, name: string): Branch {
    const stage = this.drafts.stage(name, { type: 'partitions', count: one });
    return { stage, step: this.receive(stage, [this.emit(branches, stage, unordered)]) };
  }
}

/** To one task, in input order. */
const unordered: ShuffleDraft = { key: [], group: 0, value: wholeRecord, combine: null, partitioner: { type: 'hash' } };
