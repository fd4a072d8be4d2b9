// Which stages load which broadcasts. Nobody can know which function reads one, so each stage that runs code of operators said
// after a broadcast loads it. What must stay true: no stage loads what its own records lead to; where an operator stands behind
// such records, they are sent to a stage of their own first.

import type { FunctionRef } from '@sheaf/protocol/graph';
import type { Side } from './broadcasts.ts';
import { type Branch, type Branches, type Compiler, compileAgain, compileNumbered } from './compile-spread.ts';
import type { KeyedNode, Node } from './nodes.ts';
import type { Selector } from './selectors.ts';
import type { StageDraft } from './stage-drafts.ts';

/** What is known of the broadcasts of a plan. */
export interface PlanSides {
  readonly sides: readonly Side[];
  /** How many of them had been said when an operator was. */
  readonly before: ReadonlyMap<Node, number>;
}

export class BroadcastCompiler {
  private readonly compiler: Compiler;
  private readonly plan: PlanSides;
  /** How many broadcasts had been said before the operator that is being compiled, and how many its code may read. */
  private said = 0;
  private readable = 0;
  private readonly producers = new Map<number, { readonly branch: Branch; readonly give: FunctionRef }>();
  private readonly loaded = new Map<StageDraft, Set<number>>();
  /** What is sent to stages of their own: numbered once, so that all of these are sent one run. */
  private readonly numbered = new Map<Node, Branches>();
  private readonly again = new Map<Node, Branches[]>();

  constructor(compiler: Compiler, plan: PlanSides) {
    this.compiler = compiler;
    this.plan = plan;
  }

  /** Compiles an operator: the stages that its steps come into load what its code may read. */
  during<T>(node: Node, compile: () => T): T {
    const said = this.plan.before.get(node) ?? this.said;
    return this.within(said, runsCode(node) ? said : 0, compile);
  }

  /** Called before a step is appended to a stage. */
  pushed(stage: StageDraft): void {
    for (let at = 0; at < this.readable; at++) this.load(stage, at);
  }

  /** The records of a node, where the operator that takes them may load what it reads. */
  takenFrom(node: Node, branches: Branches): Branches {
    const { readable } = this;
    const fits = (taken: Branches): boolean => {
      return Array.from({ length: readable }, (_, at) => this.producer(at).branch.stage).every(
        producer => !taken.some(({ stage }) => this.compiler.drafts.leadsTo(stage, producer)),
      );
    };
    if (readable === 0 || fits(branches)) return branches;
    const made = this.again.get(node) ?? [];
    const before = made.find(fits);
    if (before !== undefined) return before;
    const again = this.within(0, 0, () => {
      const numbered = this.numbered.get(node) ?? compileNumbered(this.compiler, branches);
      this.numbered.set(node, numbered);
      return compileAgain(this.compiler, numbered);
    });
    this.again.set(node, [...made, again]);
    return again;
  }

  private within<T>(said: number, readable: number, work: () => T): T {
    const before = { said: this.said, readable: this.readable };
    this.said = said;
    this.readable = readable;
    try {
      return work();
    } finally {
      this.said = before.said;
      this.readable = before.readable;
    }
  }

  private load(stage: StageDraft, at: number): void {
    const loaded = this.loaded.get(stage) ?? new Set();
    this.loaded.set(stage, loaded);
    if (loaded.has(at)) return;
    loaded.add(at);
    const { branch, give } = this.producer(at);
    const { drafts } = this.compiler;
    this.within(0, 0, () => {
      const edge = drafts.edge({ from: branch.stage, to: stage, shuffle: null });
      drafts.push(branch.stage, { type: 'emit', from: branch.step, edge });
      drafts.push(stage, { type: 'load', edge, key: null, give });
    });
  }

  /** Where the records of a broadcast are, together in one stage. */
  private producer(at: number): { readonly branch: Branch; readonly give: FunctionRef } {
    const known = this.producers.get(at);
    if (known !== undefined) return known;
    const { from, give, text } = this.plan.sides[at] as Side;
    const producer = this.within(0, 0, () => ({
      branch: this.compiler.together(this.compiler.branches(from), 'broadcast'),
      give: this.compiler.functions.add('broadcast', give, text),
    }));
    this.producers.set(at, producer);
    return producer;
  }
}

/** Whether functions of the user's may run in the steps of an operator. */
function runsCode(node: Node): boolean {
  switch (node.type) {
    case 'read':
      return node.source.calls.length > 0;
    case 'union':
    case 'index':
    case 'pipe':
    case 'checkpoint':
      return false;
    case 'repartition':
      return node.partition !== null || node.orders.some(({ selector }) => isCode(selector));
    case 'sort':
      return node.by.some(({ selector }) => isCode(selector));
    case 'top':
      return node.by !== null && isCode(node.by);
    case 'join':
      return keyIsCode(node.left) || keyIsCode(node.right);
    case 'fold':
      return node.folding.builtIn === null || keyIsCode(node.of);
    case 'call':
    case 'batches':
    case 'group':
    case 'cogroup':
      return true;
  }
}

function keyIsCode({ key, value }: KeyedNode): boolean {
  return isCode(key) || isCode(value);
}

function isCode({ columns, text }: Selector): boolean {
  return columns.length === 0 && !['record', 'null', 'item 0', 'item 1'].includes(text);
}
