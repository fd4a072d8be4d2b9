// What must hold of every stage graph, whoever made it. Throws at the first thing that does not. What must hold of the steps of
// a stage is in check-steps.ts.

import { checkSteps } from './check-steps.ts';
import type { Edge, Stage, StageGraph } from './types.ts';

export function checkGraph(graph: StageGraph): void {
  const check = new GraphCheck(graph);
  check.names();
  graph.edges.forEach((edge, id) => {
    check.edge(edge, id);
  });
  graph.stages.forEach((stage, id) => {
    check.stage(stage, id);
  });
  check.outputs();
}

class GraphCheck {
  private readonly graph: StageGraph;
  private readonly into: readonly (readonly Edge[])[];

  constructor(graph: StageGraph) {
    this.graph = graph;
    this.into = graph.stages.map((_, id) => graph.edges.filter(edge => edge.to === id));
  }

  names(): void {
    this.must(new Set(this.graph.stages.map(stage => stage.name)).size === this.graph.stages.length, 'stage names are unique');
  }

  edge(edge: Edge, id: number): void {
    this.must(edge.from < edge.to && edge.to < this.graph.stages.length, `edge ${id} leads forward`);
    if (edge.type !== 'shuffle') return;
    this.must(edge.shuffle.group <= edge.shuffle.key.length, `edge ${id} groups by parts it has`);
    const { partitioner } = edge.shuffle;
    if (partitioner.type !== 'range') return;
    const splitters = this.graph.edges[partitioner.splitters];
    this.must(splitters?.type === 'broadcast' && splitters.to === edge.to, `edge ${id} is cut by a broadcast to its reader`);
  }

  stage(stage: Stage, id: number): void {
    const into = this.into[id] ?? [];
    const shuffles = into.filter(edge => edge.type === 'shuffle');
    const { tasks } = stage;
    if (tasks.type === 'partitions' && tasks.count.type === 'auto' && tasks.count.of === 'edges') {
      const cutByRange = into.every(edge => edge.type === 'broadcast' || edge.shuffle.partitioner.type === 'range');
      this.must(cutByRange, `${stage.name}: counted late only when cut by range`);
    }
    if (tasks.type === 'partitions' && tasks.count.type === 'auto' && tasks.count.coalesceBytes !== undefined) {
      const hashed = shuffles.every(edge => edge.shuffle.partitioner.type === 'hash');
      this.must(hashed && tasks.count.of === 'source', `${stage.name}: partitions are read together only when cut by hash`);
    }
    if (tasks.type === 'splits') this.must(tasks.inputs.length > 0, `${stage.name} has no input`);
    this.must((tasks.type === 'partitions') === shuffles.length > 0, `${stage.name}: partitions exactly when something is shuffled to it`);
    const kinds = new Set(shuffles.map(edge => edge.shuffle.partitioner.type + edge.shuffle.group));
    this.must(kinds.size <= 1, `${stage.name}: co-partitioned inputs`);
    checkSteps(this.graph, id, (holds, what) => {
      this.must(holds, `${stage.name}: ${what}`);
    });
  }

  /** Each output has one stage that writes it: its parts are that stage's tasks. */
  outputs(): void {
    const { stages, outputs, onError } = this.graph;
    const written = [...stages.flatMap(stage => stage.outputs), ...(onError === null ? [] : [onError.deadLetter])];
    if (onError !== null) {
      const letters = outputs[onError.deadLetter];
      this.must(onError.maxCount !== null || onError.maxRatio !== null, 'records are not skipped without a limit');
      this.must(letters?.type === 'files' && letters.format === 'jsonl', 'dead letters are files of JSON lines');
    }
    for (const id of written) this.must(id < outputs.length, `there is no output ${id}`);
    this.must(new Set(written).size === outputs.length, 'every output is written');
    this.must(written.length === outputs.length, 'every output is written by one stage');
    const answers = outputs.flatMap(output => (output.type === 'answer' ? [output.name] : []));
    const inOrder = outputs.every((output, id) => (output.type === 'answer') === id >= outputs.length - answers.length);
    this.must(inOrder && new Set(answers).size === answers.length, 'answers have names of their own and stand behind all files');
    for (const stage of stages) {
      const { tasks } = stage;
      const single = tasks.type === 'partitions' && tasks.count.type === 'fixed' && tasks.count.count === 1;
      this.must(single || stage.outputs.every(id => outputs[id]?.type !== 'answer'), `${stage.name}: an answer comes from one task`);
    }
  }

  private must(holds: boolean, what: string): void {
    if (!holds) throw new Error(`stage graph of ${this.graph.job}: ${what}`);
  }
}
