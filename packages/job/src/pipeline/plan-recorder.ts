// Runs a `plan` function: hands it collections that remember what is said of them. Mistakes are found where they are made, so
// that the error's stack leads to the user's line.

import { UsageError } from '@sheaf/protocol';
import type { Output } from '@sheaf/protocol/graph';
import { internalsOf, withInternals } from '../brand.ts';
import { definitionOf } from '../compile/inputs.ts';
import type { Said } from '../plan-notes.ts';
import { sinkDefinition } from '../sinks.ts';
import type { Source } from '../sources.ts';
import type { AnyFunction } from '../user-function.ts';
import { type Side, sideOfRecords, sideOfValue } from './broadcasts.ts';
import type { Collection, Flow, Keyed } from './collection.ts';
import { aggregated, entriesOf, folded, mappedValues, pairsOf, reducing, rowsOf, sameKey, summed, topPerKey } from './keyed-operators.ts';
import { asColumn } from './named-columns.ts';
import { inputsOf } from './node-uses.ts';
import type { Folding, JoinKind, KeyedNode, Node } from './nodes.ts';
import { operatorText } from './operator-text.ts';
import { type PartFolders, partFoldersOf } from './part-folders.ts';
import { countOf, functionOf, sortPartOf } from './plan-arguments.ts';
import { checkFolder } from './plan-checks.ts';
import { batchesOf, pipeOf, repartitionOf, sampleOf } from './record-operators.ts';
import { checkColumns, itemSelector, nullSelector, recordSelector, selectorOf } from './selectors.ts';

/** A sink and what is written to it. */
export interface Written {
  readonly from: Node;
  readonly output: FilesOutput;
  /** null: each task writes one part. */
  readonly folders: PartFolders | null;
  readonly said: Said | null;
}

type FilesOutput = Extract<Output, { readonly type: 'files' }>;

type AnyCollection = Collection<unknown>;
type AnyKeyed = Keyed<never, unknown>;
type Call = AnyFunction;

/** What the plan answers, under the name it gives it. */
export interface Answered {
  readonly name: string;
  readonly from: Node;
  readonly gives: 'records' | 'number';
  readonly said: Said | null;
}

export class PlanRecorder {
  readonly written: Written[] = [];
  private readonly checkpointFolders: string[] = [];
  /** Once the plan has ended, nothing more may be said of its collections. */
  finished = false;
  /** The operator that each node is of. */
  readonly said: Map<Node, Said> = new Map();
  /** What is broadcast, and how much of it had been when each node was made. */
  readonly broadcasts: { readonly sides: Side[]; readonly before: Map<Node, number> } = { sides: [], before: new Map() };
  /** How many joins have been said. */
  private joins = 0;
  /** The operator that the plan is calling; null between two of them. */
  private saying: Said | null = null;

  /** What `plan` is given. */
  flow(params: unknown): Flow<unknown> {
    const { read, broadcast } = this.heard({
      read: (source: Source<unknown>) => this.read(source),
      broadcast: (side: unknown, make?: unknown) => this.broadcast(side, make),
    });
    return {
      params,
      read: <T>(source: Source<T>) => read(source) as unknown as Collection<T>,
      broadcast: broadcast as Flow<unknown>['broadcast'],
    };
  }

  private read(source: Source<unknown>): AnyCollection {
    const definition = definitionOf(source, 'read');
    return this.collection({ type: 'read', source: definition, columns: columnsOf(definition) });
  }

  private broadcast(given: unknown, make: unknown): unknown {
    const type = internalsOf(given)?.type;
    if (type === 'keyed') throw new UsageError('broadcast takes a collection or a value: say entries() or rows() of a keyed one first.');
    if (type !== 'collection' && make !== undefined)
      throw new UsageError('broadcast takes a function of records behind a collection alone.');
    const { side, broadcast } = type === 'collection' ? sideOfRecords(this.nodeOf(given, 'broadcast'), make) : sideOfValue(given);
    this.note(side.from);
    this.broadcasts.sides.push(side);
    return broadcast;
  }

  /** The methods, such that what they make is known as theirs, and their caller's line. */
  private heard<M extends { readonly [name: string]: (...given: never[]) => unknown }>(methods: M): M {
    const heard = Object.entries(methods).map(([name, method]) => {
      const call = (...given: unknown[]): unknown => {
        this.saying = { text: operatorText(name, given), made: new Error(name) };
        try {
          return method(...(given as never[]));
        } finally {
          this.saying = null;
        }
      };
      return [name, call];
    });
    return Object.fromEntries(heard) as M;
  }

  /** Notes that the node, and those made for it, are of the operator that is being called. */
  private note(node: Node): void {
    const { sides, before } = this.broadcasts;
    if (!before.has(node)) before.set(node, sides.length);
    if (this.saying === null || this.said.has(node)) return;
    this.said.set(node, this.saying);
    for (const input of inputsOf(node)) this.note(input);
  }

  private collection(node: Node): AnyCollection {
    this.note(node);
    const call = (role: 'map' | 'filter' | 'flatMap', given: unknown, columns: Node['columns']): AnyCollection => {
      const fn = functionOf(given, role);
      return this.collection({ type: 'call', from: node, role, call: fn, text: fn.toString(), columns });
    };
    const methods = {
      map: (given: unknown) => call('map', given, null),
      filter: (given: unknown) => call('filter', given, node.columns),
      flatMap: (given: unknown) => call('flatMap', given, null),
      peek: (given: unknown) => this.peek(node, functionOf(given, 'peek')),
      mapBatch: (size: unknown, given: unknown, options?: unknown) => this.collection(batchesOf(node, { size, given, options })),
      sample: (rate: unknown, seed?: unknown) => this.collection(sampleOf(node, rate, seed)),
      pipe: (command: unknown) => this.collection(pipeOf(node, command)),
      zipWithIndex: () => this.collection({ type: 'index', from: node, columns: null }),
      repartition: (partitions?: unknown, partition?: unknown) => this.collection(repartitionOf(node, partitions, partition)),
      sortWithin: (...orders: unknown[]) => this.sortWithin(node, orders),
      cache: () => this.collection(node),
      checkpoint: (folder: unknown) => this.checkpoint(node, folder),
      distinct: (by?: unknown) => this.distinct(node, by),
      union: (...others: unknown[]) => this.union(node, others),
      keyBy: (by: unknown) => this.keyed(this.keyBy(node, by, 'keyBy')),
      countBy: (by?: unknown) => this.keyed(this.counted(this.keyBy(node, by, 'countBy'))),
      pairs: () => this.keyed(pairsOf(node)),
      top: (count: unknown, by: unknown) => this.top(node, count, by),
      sortBy: (...orders: unknown[]) => this.sortBy(node, orders),
      write: (sink: unknown, options?: unknown) => this.write(node, sink, options),
      collect: () => this.answer(node, 'records'),
      first: (count: unknown) => this.answer({ ...first, from: node, count: countOf(count, 'first'), columns: node.columns }, 'records'),
      count: () => this.answer(this.total(node), 'number'),
    };
    return withInternals(this.heard(methods), { type: 'collection', recorder: this, node }) as unknown as AnyCollection;
  }

  private checkpoint(node: Node, folder: unknown): AnyCollection {
    if (typeof folder !== 'string' || folder.trim() === '' || folder.includes('\0'))
      throw new UsageError("checkpoint takes the folder that it is kept in, as in checkpoint('checkpoints/sessions').");
    this.checkFolder(folder);
    this.checkpointFolders.push(folder);
    return this.collection({ type: 'checkpoint', from: node, folder, columns: node.columns });
  }

  /** Throws UsageError when a folder is written already, or lies inside one that is, or holds one that is. */
  private checkFolder(folder: string): void {
    checkFolder(folder, [...this.written.map(({ output }) => output.folder), ...this.checkpointFolders]);
  }

  private keyed(of: KeyedNode): AnyKeyed {
    this.note(of.node);
    const fold = (folding: Folding, name: string): AnyKeyed => this.keyed(folded(of, folding, name));
    const join = (kind: JoinKind) => (other: unknown, options?: unknown) => this.keyed(this.join(kind, of, other, options));
    const methods = {
      mapValues: (given: unknown) => this.keyed(mappedValues(of, functionOf(given, 'mapValues'))),
      reduce: (given: unknown) => fold(reducing(functionOf(given, 'reduce')), 'reduce'),
      aggregate: (given: unknown) => this.keyed(aggregated(of, given)),
      count: () => this.keyed(this.counted(of)),
      sum: (by: unknown) => this.keyed(summed(of, by)),
      group: (given: unknown, options?: unknown) => this.group(of, functionOf(given, 'group'), options),
      join: join('inner'),
      leftJoin: join('left'),
      rightJoin: join('right'),
      fullJoin: join('full'),
      semiJoin: join('semi'),
      antiJoin: join('anti'),
      cogroup: (other: unknown, given: unknown) => this.cogroup(of, other, functionOf(given, 'cogroup')),
      topPerKey: (count: unknown, by: unknown) => this.keyed(topPerKey(of, count, by)),
      entries: () => this.collection(entriesOf(of)),
      rows: (keyNames: unknown, valueName?: unknown) => this.collection(rowsOf(of, keyNames, valueName)),
      write: () => {
        throw new UsageError('write is for collections: say entries() or rows() of a keyed one first.');
      },
    };
    return withInternals(this.heard(methods), { type: 'keyed', recorder: this, of }) as unknown as AnyKeyed;
  }

  private peek(node: Node, look: Call): AnyCollection {
    const call = (record: unknown, context: unknown): unknown => {
      look(record, context);
      return record;
    };
    return this.collection({ type: 'call', from: node, role: 'map', call, text: `peek ${look.toString()}`, columns: node.columns });
  }

  private keyBy(node: Node, by: unknown, where: string): KeyedNode {
    const key = by === undefined && where !== 'keyBy' ? recordSelector : asColumn(selectorOf(by, where, true), node);
    checkColumns(key, node.columns, where);
    const keyParts = Array.isArray(by) ? key.columns.length : undefined;
    return { node, key, value: recordSelector, columns: node.columns, keyParts, said: this.saying ?? undefined };
  }

  private distinct(node: Node, by: unknown): AnyCollection {
    const of = this.keyBy(node, by, 'distinct');
    const first: Folding = { text: 'first', builtIn: null, merge: (a: unknown) => a, start: null, finish: null };
    const pairs = folded(of, first, 'distinct').node;
    const call = (pair: readonly unknown[]): unknown => pair[1];
    return this.collection({ type: 'call', from: pairs, role: 'map', call, text: 'value of a pair', columns: node.columns });
  }

  private union(node: Node, others: readonly unknown[]): AnyCollection {
    const of = [node, ...others.map(other => this.nodeOf(other, 'union'))];
    const same = of.every(one => JSON.stringify(one.columns) === JSON.stringify(node.columns));
    return this.collection({ type: 'union', of, columns: same ? node.columns : null });
  }

  private counted(of: KeyedNode): KeyedNode {
    const folding: Folding = { text: 'count', builtIn: 'sum', merge: (a: number, b: number) => a + b, start: () => 1, finish: null };
    return folded(of, folding, 'count');
  }

  private top(node: Node, count: unknown, given: unknown): AnyCollection {
    const by = selectorOf(given, 'top');
    checkColumns(by, node.columns, 'top');
    return this.collection({ type: 'top', from: node, count: countOf(count, 'top'), by, columns: node.columns });
  }

  private sortBy(node: Node, orders: readonly unknown[]): AnyCollection {
    if (orders.length === 0) throw new UsageError("sortBy takes at least one order, as in sortBy('plan', { by: 'gb', desc: true }).");
    const by = orders.map(order => sortPartOf(order, 'sortBy'));
    for (const { selector } of by) checkColumns(selector, node.columns, 'sortBy');
    return this.collection({ type: 'sort', from: node, by, columns: node.columns });
  }

  private sortWithin(node: Node, given: readonly unknown[]): AnyCollection {
    if (node.type !== 'repartition' || node.partitions === null)
      throw new UsageError("sortWithin sorts the partitions that repartition has just made: repartition(8).sortWithin('day').");
    if (given.length === 0) throw new UsageError("sortWithin takes at least one order, as in sortWithin('day').");
    const orders = given.map(order => sortPartOf(order, 'sortWithin'));
    for (const { selector } of orders) checkColumns(selector, node.columns, 'sortWithin');
    return this.collection({ ...node, orders, said: this.said.get(node) });
  }

  private group(of: KeyedNode, call: Call, options: unknown): AnyCollection {
    const given = (options ?? {}) as { readonly sortValuesBy?: unknown };
    const sort = given.sortValuesBy === undefined ? null : sortPartOf(given.sortValuesBy, 'group: sortValuesBy');
    if (sort !== null) checkColumns(sort.selector, of.columns, 'group: sortValuesBy');
    return this.collection({ type: 'group', of, sort, call, text: call.toString(), columns: null });
  }

  private cogroup(left: KeyedNode, other: unknown, call: Call): AnyCollection {
    return this.collection({ type: 'cogroup', left, right: this.otherSide(other), call, columns: null });
  }

  private otherSide(other: unknown): KeyedNode {
    const definition = internalsOf(other) as { readonly type: string; readonly recorder?: unknown; readonly of?: KeyedNode } | undefined;
    if (definition?.type !== 'keyed' || definition.of === undefined)
      throw new UsageError('a join takes a keyed collection: say by what with keyBy.');
    if (definition.recorder !== this) throw new UsageError('a join takes collections of one plan, but this one is of another job.');
    return definition.of;
  }

  private join(kind: JoinKind, left: KeyedNode, other: unknown, options: unknown): KeyedNode {
    const right = this.otherSide(other);
    const said = ((options ?? {}) as { readonly broadcast?: unknown }).broadcast;
    const broadcast = typeof said === 'boolean' ? said : null;
    if (broadcast === true && (kind === 'right' || kind === 'full'))
      throw new UsageError(`a ${kind} join cannot be a broadcast: it must see every record of the other side once.`);
    const node: Node = { type: 'join', kind, left, right, broadcast, join: this.joins++, columns: null };
    const columns = kind === 'semi' || kind === 'anti' ? left.columns : ['left', 'right'];
    return { node, key: itemSelector(0), value: itemSelector(1), columns, ...sameKey(left) };
  }

  private write(from: Node, sink: unknown, options: unknown): void {
    const definition = sinkDefinition(sink);
    if (definition === undefined) throw new UsageError("write takes a sink, such as to.csv('bills').");
    const { output } = definition;
    if (output.type !== 'files') throw new UsageError('write takes a sink of files.');
    if (this.finished) throw new UsageError('write: this collection is of another job, whose plan has ended.');
    this.checkFolder(output.folder);
    const folders = partFoldersOf(options, from.columns);
    this.written.push({ from, output: folders === null ? output : withFolders(output, folders), folders, said: this.saying });
  }

  private answer(from: Node, gives: Answered['gives']): unknown {
    this.note(from);
    return withInternals({}, { type: 'answer', recorder: this, from, gives, said: this.saying });
  }

  private total(node: Node): Node {
    const { node: pairs } = this.counted({ node, key: nullSelector, value: recordSelector, columns: null });
    const call = (pair: readonly unknown[]): unknown => pair[1];
    return { type: 'call', from: pairs, role: 'map', call, text: 'value of a pair', columns: null };
  }

  /** Reads what `plan` returned. */
  answers(given: unknown): readonly Answered[] {
    if (given === undefined) return [];
    const wanted = 'plan returns nothing, or answers by name, as in { total: sales.count(), head: sales.first(10) }.';
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new UsageError(wanted);
    return Object.entries(given).map(([name, answer]) => {
      const definition = internalsOf(answer) as ({ readonly type: string; readonly recorder: unknown } & Answered) | undefined;
      if (definition?.type !== 'answer')
        throw new UsageError(`${wanted} '${name}' is no answer: end it with collect(), first(n) or count().`);
      if (definition.recorder !== this) throw new UsageError(`the answer '${name}' is of another job.`);
      return { name, from: definition.from, gives: definition.gives, said: definition.said };
    });
  }

  private nodeOf(collection: unknown, where: string): Node {
    const definition = internalsOf(collection) as { readonly type: string; readonly recorder?: unknown; readonly node?: Node } | undefined;
    if (definition?.type === 'keyed') throw new UsageError(`${where} takes collections: say entries() or rows() of a keyed one.`);
    if (definition?.type !== 'collection' || definition.node === undefined) throw new UsageError(`${where} takes collections of the plan.`);
    if (definition.recorder !== this) throw new UsageError(`${where} takes collections of one plan, but this one is of another job.`);
    return definition.node;
  }
}

const first = { type: 'top', by: null } as const;

/** Columns that are named for the files do not include those that the folders stand for. */
function withFolders(output: FilesOutput, { names }: PartFolders): FilesOutput {
  const { columns } = output.options;
  if (!Array.isArray(columns)) return { ...output, folders: true };
  const left = (columns as readonly string[]).filter(name => !names.includes(name));
  if (left.length === 0) throw new UsageError('write: partitionBy takes every column, so that nothing is left to write.');
  return { ...output, folders: true, options: { ...output.options, columns: left } };
}

function columnsOf(source: ReturnType<typeof definitionOf>): readonly string[] | null {
  if (source.of !== 'files' || source.calls.length > 0) return null;
  const { format } = source;
  return format.type === 'csv' || format.type === 'jsonl' ? (format.columns?.map(column => column.name) ?? null) : null;
}
