// A join as a lookup: the right side goes to every task of the left one, and nothing is shuffled.

import { UsageError } from '@sheaf/protocol';
import type { Count, LookupKind, Select } from '@sheaf/protocol/graph';
import { wrappedPair } from '../compile/functions.ts';
import { type Branch, type Branches, type Compiler, compileRepartition } from './compile-spread.ts';
import { type DecidedJoins, type JoinNode, type JoinPlan, joinPlanOf } from './measured-joins.ts';
import type { KeyedNode, Node } from './nodes.ts';
import { itemSelector, recordSelector } from './selectors.ts';
import type { ShuffleDraft } from './stage-drafts.ts';

export interface LookupOptions {
  readonly decided: DecidedJoins;
  readonly uses: ReadonlyMap<Node, number>;
  /** How left records are dealt out that must wait for the right ones. */
  readonly spread: Count;
  readonly unordered: ShuffleDraft;
}

export class LookupCompiler {
  /** Joins whose files were not looked at. */
  readonly plans: JoinPlan[] = [];
  /** Of those that were found small, why. */
  readonly marks: Map<Node, string> = new Map();
  private readonly compiler: Compiler;
  private readonly options: LookupOptions;

  constructor(compiler: Compiler, options: LookupOptions) {
    this.compiler = compiler;
    this.options = options;
  }

  /** null: both sides are shuffled. */
  compile(node: JoinNode): Branches | null {
    if (node.broadcast === true) return this.lookup(node);
    const mark = this.options.decided[node.join];
    const looked = mark === undefined ? null : this.lookup(node);
    if (looked !== null && mark !== undefined) this.marks.set(node, mark);
    const plan = mark === undefined ? joinPlanOf(node, this.options.uses) : null;
    if (plan !== null) this.plans.push(plan);
    return looked;
  }

  private lookup(node: JoinNode): Branches | null {
    const { compiler } = this;
    const { kind, join } = node;
    if (kind === 'right' || kind === 'full') throw new UsageError(`a ${kind} join cannot be a broadcast`);
    const right = compiler.branches(node.right.node);
    const [only] = right;
    // Of a union, which is in several stages, both sides are shuffled.
    if (right.length !== 1 || only === undefined) return null;
    let left = compiler.branches(node.left.node);
    // A right side made of the left one must wait for it: the left records wait too, dealt out evenly whatever their keys.
    if (left.some(({ stage }) => compiler.drafts.leadsTo(stage, only.stage))) {
      if (node.broadcast !== true) return null;
      const dealt = { type: 'repartition', partitions: null, partition: null, orders: [], from: node.left.node, columns: null } as const;
      left = compileRepartition(compiler, dealt, this.options.spread, this.options.unordered);
    }
    const table = this.pairs(right, node.right)[0] as Branch;
    compiler.drafts.note(table.stage, table.step, node.right.said);
    const measured = node.broadcast === true ? {} : { measured: join };
    const looked = this.lookedUp(left, node.left, { table, kind, measured });
    return kind === 'inner' || kind === 'left' ? looked : this.pairs(looked, node.left);
  }

  /** inner and left give what the join gives, semi and anti the left records as they were. */
  private lookedUp(
    branches: Branches,
    left: KeyedNode,
    { table, kind, measured }: { readonly table: Branch; readonly kind: LookupKind; readonly measured: { readonly measured?: number } },
  ): Branches {
    const { drafts, functions } = this.compiler;
    const key = left.key.select(functions, 'key');
    const gives = kind === 'inner' || kind === 'left';
    const ofLeft: { readonly left?: Select } =
      gives && left.value !== recordSelector ? { left: left.value.select(functions, 'value') } : {};
    const ofRight: { readonly right?: Select } = gives ? { right: itemSelector(1).select(functions, 'value') } : {};
    return branches.map(({ stage, step }) => {
      const edge = drafts.edge({ from: table.stage, to: stage, shuffle: null });
      drafts.push(table.stage, { type: 'emit', from: table.step, edge });
      const load = drafts.push(stage, { type: 'load', edge, key: itemSelector(0).select(functions, 'key') });
      drafts.note(stage, load, left.said);
      return {
        stage,
        step: drafts.push(stage, { type: 'lookup', from: step, table: load, key, kind, ...ofLeft, ...ofRight, ...measured }),
      };
    });
  }

  private pairs(branches: Branches, { key, value }: KeyedNode): Branches {
    if (key.text === 'item 0' && value.text === 'item 1') return branches;
    const call = wrappedPair(key.written ?? null, value.written ?? null, (record: unknown): unknown => [
      key.pick(record),
      value.pick(record),
    ]);
    return this.compiler.call(branches, { role: 'map', call, text: `pairs ${key.text} ${value.text}` });
  }
}
