// What must hold of the program of one stage: every step reads a lower one that gives what it takes, and edges, inputs and
// outputs are the stage's own.

import type { Edge, EdgeId, Stage, StageGraph, StageId, Step } from './types.ts';

type Must = (holds: boolean, what: string) => void;
type Receive = Extract<Step, { readonly type: 'receive' }>;

/** `must` throws when something does not hold. */
export function checkSteps(graph: StageGraph, id: StageId, must: Must): void {
  const check = new StepCheck(graph, id, must);
  check.steps();
  check.sources();
  check.receives();
  check.outputs();
}

class StepCheck {
  private readonly graph: StageGraph;
  private readonly id: StageId;
  private readonly stage: Stage;
  private readonly must: Must;

  constructor(graph: StageGraph, id: StageId, must: Must) {
    this.graph = graph;
    this.id = id;
    this.stage = graph.stages[id] as Stage;
    this.must = must;
  }

  steps(): void {
    this.stage.steps.forEach((step, at) => {
      if ('from' in step) this.must(step.from < at, `step ${at} reads a lower step`);
      this.step(step, at);
    });
  }

  private step(step: Step, at: number): void {
    const { must } = this;
    switch (step.type) {
      case 'read': {
        const { tasks } = this.stage;
        const inputs = tasks.type === 'splits' ? tasks.inputs.length : 0;
        must(step.input < inputs, `step ${at} reads input ${step.input} of ${inputs}`);
        this.scanned(step, at);
        return;
      }
      case 'receive':
        must(
          step.edges.every(edge => this.edge(edge)?.to === this.id),
          `step ${at} receives its own edges`,
        );
        must(
          step.edges.every(edge => this.edge(edge)?.type === 'shuffle'),
          `step ${at} receives what is shuffled`,
        );
        return;
      case 'load': {
        const edge = this.edge(step.edge);
        must(edge?.type === 'broadcast' && edge.to === this.id, `step ${at} loads a broadcast to it`);
        return;
      }
      case 'lookup': {
        const table = this.stage.steps[step.table];
        const isTable = table?.type === 'load' && table.key !== null;
        must(step.table < at && isTable, `step ${at} looks up in a lower load by key`);
        return;
      }
      case 'sample': {
        const sampled = this.edge(step.edge);
        must(this.edge(step.to)?.from === this.id, `step ${at} emits on its own edge`);
        must(sampled?.from === this.id && isRange(sampled), `step ${at} samples its own edge that is cut by range`);
        return;
      }
      case 'splitters':
        must(this.graph.stages[step.stage]?.tasks.type === 'partitions', `step ${at} cuts the partitions of a stage`);
        return;
      case 'emit':
        must(this.edge(step.edge)?.from === this.id, `step ${at} emits on its own edge`);
        return;
      case 'fold':
      case 'group':
      case 'join':
      case 'top':
      case 'write':
        if (step.type === 'write') must(step.folders === this.foldersOf(step), `step ${at} writes folders where its output has them`);
        if (step.type === 'join') must(step.function === undefined || step.kind === 'cogroup', `step ${at}: a function takes a cogroup`);
        if (!takesGroups(step)) return;
        must(this.stage.steps[step.from]?.type === 'receive', `step ${at} takes the groups of a receive`);
        return;
      case 'pipe':
        must(step.command.length > 0, `step ${at} pipes through a command`);
        return;
      case 'call':
      case 'shape':
        return;
    }
  }

  /** A scanned input is read from where the scan of the same input says, or is scanned. */
  private scanned({ input, starts, scans }: Extract<Step, { readonly type: 'read' }>, at: number): void {
    const { tasks, steps } = this.stage;
    const read = tasks.type === 'splits' ? tasks.inputs[input] : undefined;
    const isScanned = read?.type === 'files' && read.format.type === 'csv' && read.format.scanned === true;
    this.must(scans === true || isScanned === (starts !== undefined), `step ${at} knows where what is scanned starts`);
    if (starts === undefined) return;
    const edge = this.edge(starts);
    const loaded = steps.some(step => step.type === 'load' && step.edge === starts && step.key === null);
    this.must(edge?.type === 'broadcast' && edge.to === this.id && loaded, `step ${at} starts as a list that is loaded says`);
  }

  /** A task has one source: a split, or the merge of all that is shuffled to its stage. */
  sources(): void {
    const { tasks, steps } = this.stage;
    const received = steps.flatMap(step => (step.type === 'receive' ? [step.edges] : []));
    this.must(received.length === (tasks.type === 'partitions' ? 1 : 0), 'partitions are received in one step, splits in none');
    const sides = new Set(received.flat());
    const shuffled = this.graph.edges.filter(edge => edge.to === this.id && edge.type === 'shuffle').length;
    this.must(sides.size === shuffled && received.flat().length === shuffled, 'every edge that is shuffled to it is received, once');
  }

  receives(): void {
    this.stage.steps.forEach((step, at) => {
      if (step.type === 'receive') this.receive(step, at);
    });
  }

  private receive(receive: Receive, at: number): void {
    const { steps } = this.stage;
    const takers = steps.filter(step => 'from' in step && step.from === at);
    const grouping = takers.filter(takesGroups);
    this.must(grouping.length === 0 || takers.length === 1, `step ${at}: what takes groups is alone`);
    const sides = sidesOf(receive);
    const inOrder = sides.every((side, i) => side === (sides[i - 1] ?? 0) || side === (sides[i - 1] ?? -1) + 1);
    this.must(sides.length === receive.edges.length && inOrder, `step ${at}: sides are numbered from 0, in the order of the edges`);
    const joins = takers.some(step => step.type === 'join');
    this.must(!joins || new Set(sides).size >= 2, `step ${at}: a join has two sides`);
    for (const id of receive.edges) {
      const edge = this.edge(id);
      if (edge?.type !== 'shuffle' || edge.shuffle.partitioner.type !== 'range') continue;
      const { splitters } = edge.shuffle.partitioner;
      const loaded = steps.some(step => step.type === 'load' && step.edge === splitters && step.key === null);
      this.must(loaded, `the splitters of edge ${id} are loaded as a list`);
      // Splitters are whole keys: one that cuts between the order parts of a group would give it to two tasks.
      const whole = edge.shuffle.group === edge.shuffle.key.length;
      this.must(grouping.length === 0 || whole, `edge ${id} is cut by range, so its key is the group`);
    }
  }

  outputs(): void {
    const written = new Set(this.stage.steps.flatMap(step => (step.type === 'write' ? [step.output] : [])));
    this.must([...written].sort().join() === [...this.stage.outputs].sort().join(), 'outputs are those it writes');
  }

  private foldersOf({ output }: Extract<Step, { readonly type: 'write' }>): true | undefined {
    const definition = this.graph.outputs[output];
    return definition?.type === 'files' ? definition.folders : undefined;
  }

  private edge(id: EdgeId): Edge | undefined {
    return this.graph.edges[id];
  }
}

/** The side of each edge of a `receive`. */
export function sidesOf(receive: Receive): readonly number[] {
  return receive.sides ?? receive.edges.map((_, i) => i);
}

/** Whether a step takes the groups of a `receive`, and not its records one by one. */
export function takesGroups(step: Step): boolean {
  switch (step.type) {
    case 'fold':
    case 'group':
    case 'join':
      return true;
    case 'top':
      return step.perGroup;
    case 'write':
      return step.folders === true;
    default:
      return false;
  }
}

function isRange(edge: Edge): boolean {
  return edge.type === 'shuffle' && edge.shuffle.partitioner.type === 'range';
}
