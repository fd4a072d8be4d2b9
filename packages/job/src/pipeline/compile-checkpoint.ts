// `checkpoint` as stages: the records are written as lines on their way, or, where a run before has done that, read back, and then
// nothing that leads to them is in the graph.

import type { Output } from '@sheaf/protocol/graph';
import { checkpointLine } from './checkpoint-lines.ts';
import { type CheckpointPlan, checkpointOutput, checkpointSource, type DecidedCheckpoints, decisionFor } from './checkpoints.ts';
import type { PlanSides } from './compile-broadcast.ts';
import type { Branches, Compiler } from './compile-spread.ts';
import { madeOf } from './node-text.ts';
import type { Node } from './nodes.ts';

type Checkpoint = Extract<Node, { readonly type: 'checkpoint' }>;

export class CheckpointCompiler {
  /** Those that are written. */
  readonly outputs: Output[] = [];
  private readonly compiler: Compiler;
  private readonly decided: DecidedCheckpoints;
  private readonly outputsBefore: number;
  private readonly nodes: Checkpoint[] = [];

  constructor(compiler: Compiler, { decided, outputsBefore }: { readonly decided: DecidedCheckpoints; readonly outputsBefore: number }) {
    this.compiler = compiler;
    this.decided = decided;
    this.outputsBefore = outputsBefore;
  }

  compile(node: Checkpoint): Branches {
    this.nodes.push(node);
    const { made, isThere } = decisionFor(this.decided, node.folder);
    if (isThere) return this.compiler.branches({ type: 'read', source: checkpointSource(node.folder, made), columns: node.columns });
    const branch = this.compiler.together(this.compiler.branches(node.from), 'checkpoint');
    const [lines] = this.compiler.call([branch], { role: 'map', call: checkpointLine, text: 'checkpoint line' });
    const output = this.outputsBefore + this.outputs.length;
    this.outputs.push(checkpointOutput(node.folder, made));
    this.compiler.drafts.push(branch.stage, { type: 'write', from: lines?.step ?? branch.step, output });
    branch.stage.outputs.push(output);
    return [branch];
  }

  /** What each of them is made of; functions may have read what was broadcast before. */
  plans({ sides, before }: PlanSides): CheckpointPlan[] {
    return this.nodes.map(node => {
      const read = sides.slice(0, before.get(node) ?? 0).map(({ from }) => from);
      return { folder: node.folder, ...madeOf([node.from, ...read]) };
    });
  }
}
