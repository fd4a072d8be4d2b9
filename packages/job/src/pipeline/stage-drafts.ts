// Stages and edges while they are being put together: they refer to each other as objects, and get their numbers at the end, in
// an order in which every edge leads from a lower to a higher stage.

import { UsageError } from '@sheaf/protocol';
import type { Edge, Input, OutputId, Partitioner, Shuffle, Stage, Step, Tasks } from '@sheaf/protocol/graph';
import type { Operator, PlanNotes, Said } from '../plan-notes.ts';

type WithEdges<S> = S extends { readonly edges: unknown }
  ? Omit<S, 'edges'> & { readonly edges: readonly EdgeDraft[] }
  : S extends { readonly edge: unknown; readonly to: unknown }
    ? Omit<S, 'edge' | 'to'> & { readonly edge: EdgeDraft; readonly to: EdgeDraft }
    : S extends { readonly edge: unknown }
      ? Omit<S, 'edge'> & { readonly edge: EdgeDraft }
      : S extends { readonly type: 'splitters' }
        ? Omit<S, 'stage'> & { readonly stage: StageDraft }
        : S;
/** A step that names edges and stages as drafts. */
export type StepDraft = WithEdges<Step>;

export type ShuffleDraft = Omit<Shuffle, 'partitioner'> & {
  readonly partitioner: Exclude<Partitioner, { readonly type: 'range' }> | { readonly type: 'range'; readonly splitters: EdgeDraft };
  /** For people: no part of the graph. */
  readonly words?: ShuffleWords;
};

/** The key of a shuffle in words, and the operators that happen where the records are sent. */
export interface ShuffleWords {
  readonly key: string;
  readonly sorted?: string;
  readonly said?: readonly (Said | undefined)[];
}

export interface EdgeDraft {
  readonly from: StageDraft;
  readonly to: StageDraft;
  /** null: a broadcast. */
  readonly shuffle: ShuffleDraft | null;
}

export interface StageDraft {
  readonly name: string;
  readonly tasks: Tasks;
  readonly steps: StepDraft[];
  readonly outputs: OutputId[];
}

/** Stands behind an operator that is done where the records are sent, ahead of the shuffle. */
export const combinedMark = '[combined]';

export class Drafts {
  private readonly stages: StageDraft[] = [];
  private readonly edges: EdgeDraft[] = [];
  private readonly notes = new Map<StageDraft, Operator[]>();

  /** Told of each step before it is appended to its stage. */
  beforePush: (stage: StageDraft) => void = () => {};

  stage(name: string, tasks: Tasks): StageDraft {
    const stage: StageDraft = { name, tasks, steps: [], outputs: [] };
    this.stages.push(stage);
    return stage;
  }

  edge(edge: EdgeDraft): EdgeDraft {
    this.edges.push(edge);
    return edge;
  }

  /** Whether records of `from` reach `to`, or both are one. */
  leadsTo(from: StageDraft, to: StageDraft): boolean {
    return from === to || this.edges.some(edge => edge.from === from && this.leadsTo(edge.to, to));
  }

  /** Appends a step and gives its index. */
  push(stage: StageDraft, step: StepDraft): number {
    this.beforePush(stage);
    stage.steps.push(step);
    return stage.steps.length - 1;
  }

  /** Says what the last steps of a stage are, up to this one. What was said last is not said twice. */
  note(stage: StageDraft, step: number, said: Said | null | undefined): void {
    if (said === undefined || said === null) return;
    const notes = this.notes.get(stage) ?? [];
    this.notes.set(stage, notes);
    const last = notes.at(-1);
    if (last?.made === said.made && (last.text === said.text || said.text === `${last.text} ${combinedMark}`)) notes.pop();
    notes.push({ ...said, step });
  }

  finish(): { readonly stages: Stage[]; readonly edges: Edge[]; readonly notes: PlanNotes } {
    const order = this.sorted();
    const stageIds = new Map(order.map((stage, id) => [stage, id]));
    const edgeIds = new Map(this.edges.map((edge, id) => [edge, id]));
    const edgeId = (edge: EdgeDraft): number => edgeIds.get(edge) as number;
    const stageId = (stage: StageDraft): number => stageIds.get(stage) as number;
    return {
      stages: withOwnNames(order).map(stage => ({ ...stage, steps: stage.steps.map(step => numbered(step, { edgeId, stageId })) })),
      edges: this.edges.map(({ from, to, shuffle }) => {
        const ends = { from: stageId(from), to: stageId(to) };
        if (shuffle === null) return { type: 'broadcast', ...ends };
        const { partitioner, words: _, ...rest } = shuffle;
        const numberedPartitioner: Partitioner =
          partitioner.type === 'range' ? { type: 'range', splitters: edgeId(partitioner.splitters) } : partitioner;
        return { type: 'shuffle', ...ends, shuffle: { ...rest, partitioner: numberedPartitioner } };
      }),
      notes: {
        operators: order.map(stage => this.notes.get(stage) ?? []),
        edges: this.edges.map(({ shuffle }) => ({ key: shuffle?.words?.key ?? '', sorted: shuffle?.words?.sorted ?? '' })),
      },
    };
  }

  /** Stages so that producers stand before their consumers, otherwise in the order they were made. */
  private sorted(): StageDraft[] {
    const order: StageDraft[] = [];
    const left = [...this.stages];
    while (left.length > 0) {
      const at = left.findIndex(stage => this.edges.every(edge => edge.to !== stage || order.includes(edge.from)));
      if (at < 0) throw new UsageError('the plan goes in a circle');
      order.push(...left.splice(at, 1));
    }
    return order;
  }
}

/** A name that is taken gets a number: of a loop's rounds the first has none, the second is 2. */
function withOwnNames(stages: readonly StageDraft[]): StageDraft[] {
  const counts = new Map<string, number>();
  return stages.map(stage => {
    const count = (counts.get(stage.name) ?? 0) + 1;
    counts.set(stage.name, count);
    return count === 1 ? stage : { ...stage, name: `${stage.name} ${count}` };
  });
}

interface Numbers {
  edgeId(edge: EdgeDraft): number;
  stageId(stage: StageDraft): number;
}

function numbered(step: StepDraft, { edgeId, stageId }: Numbers): Step {
  switch (step.type) {
    case 'receive':
      return { ...step, edges: step.edges.map(edgeId) };
    case 'load':
    case 'emit':
      return { ...step, edge: edgeId(step.edge) };
    case 'sample':
      return { ...step, edge: edgeId(step.edge), to: edgeId(step.to) };
    case 'splitters':
      return { ...step, stage: stageId(step.stage) };
    default:
      return step as Step;
  }
}

/** The tasks of a stage that reads sources. */
export function splitTasks(inputs: readonly Input[]): Tasks {
  return { type: 'splits', inputs };
}
