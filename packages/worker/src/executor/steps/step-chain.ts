// A stage's program as one chain of functions: each active step becomes a function that takes a record and hands on what comes
// of it. The chain is built from the last step to the first, once per attempt.

import { type EdgeId, type FunctionRef, runOf, type StageGraph, type Step, takesGroups } from '@sheaf/protocol/graph';
import { instantiate } from '../../kernels/instantiate.ts';
import { iterableOf } from '../failure/user-mistake.ts';
import type { AnswerWriter } from '../output/answer-writer.ts';
import { PartWriter } from '../output/part-writer.ts';
import { BadPartition, isPartition } from '../shuffle/bad-partition.ts';
import { GroupValues } from '../shuffle/groups.ts';
import type { TaskParts } from '../task-parts.ts';
import { Batches } from './batches.ts';
import { type Cogroup, cogroupCall } from './cogroup.ts';
import { foldingOf } from './folds.ts';
import { joinGroup } from './join-group.ts';
import { keyedPush, lookedUpBy, lookupPush } from './lookup.ts';
import { Pipe } from './pipe.ts';
import { SampleSet } from './sample-set.ts';
import type { Sample } from './samples.ts';
import { pickOf } from './selects.ts';
import { fanOut, filterKernel, flatMapKernel, type GroupPush, mapEmitKernel, mapKernel, type Push, partitionKernel } from './step-calls.ts';
import { Top } from './top.ts';
import { type WaitingStep, WaitingSteps } from './waiting-steps.ts';

type StepOf<Type extends Step['type']> = Extract<Step, { readonly type: Type }>;
type Flowing = Exclude<Step, StepOf<'read' | 'receive' | 'load' | 'fold' | 'group' | 'join'>>;

const nothing: Push = () => {};

export class StepChain {
  /** Steps that this task's records pass: with several inputs, those behind the input of its split. What is sent on equal edges is emitted once. */
  readonly active: readonly boolean[];
  /** The `end` function whose records are on their way. */
  ending: FunctionRef | null = null;
  private readonly parts: TaskParts;
  private readonly steps: readonly Step[];
  /** What happens after the last record, in step order. */
  private readonly ends: (() => void | Promise<void>)[] = [];
  private readonly waiting = new WaitingSteps();
  private readonly pushes = new Map<number, Push>();

  constructor(parts: TaskParts, input: number | null) {
    this.parts = parts;
    this.steps = parts.stage.steps;
    this.active = activeSteps(this.steps, input, parts.job.graph);
    for (let at = this.steps.length - 1; at >= 0; at--) this.build(at);
    this.ends.reverse();
    this.waiting.steps.reverse();
  }

  /** Takes the records that a `read` or `receive` step gives one by one. */
  out(from: number): Push {
    const takers = this.takersOf(from).map(at => this.pushes.get(at) ?? nothing);
    return takers.length === 0 ? nothing : fanOut(takers);
  }

  /** The active steps that read step `from`. */
  takersOf(from: number): number[] {
    return this.steps.flatMap((step, at) => ('from' in step && step.from === from && this.active[at] === true ? [at] : []));
  }

  /** The active source of the task's records. */
  source(): { readonly at: number; readonly step: StepOf<'read' | 'receive'> } {
    const at = this.steps.findIndex((step, i) => this.active[i] === true && (step.type === 'read' || step.type === 'receive'));
    if (at < 0) throw new Error(`stage ${this.parts.stage.name} reads nothing`);
    return { at, step: this.steps[at] as StepOf<'read' | 'receive'> };
  }

  /** What takes the groups of a `receive`; null when its records are taken one by one. */
  groupPush(receive: number): GroupPush | null {
    const takers = this.takersOf(receive).filter(at => takesGroups(this.steps[at] as Step));
    const [at] = takers;
    if (at === undefined) return null;
    if (this.takersOf(receive).length > 1)
      throw new Error(`stage ${this.parts.stage.name}: one step at a time can take the groups of a receive`);
    return this.groupPushOf(this.steps[at] as Step, at);
  }

  /** Whether the groups of a `receive` are joined. */
  joins(receive: number): boolean {
    return this.takersOf(receive).some(at => this.steps[at]?.type === 'join');
  }

  /** After the last record: what steps held back goes on its way. */
  async end(): Promise<void> {
    for (const end of this.ends) await end();
  }

  /** The steps that the reader of the records waits for; null when there are none. */
  waits(): WaitingSteps | null {
    return this.waiting.steps.length === 0 ? null : this.waiting;
  }

  /** The attempt failed: ends what is under way. */
  abandon(): void {
    this.waiting.abandon();
  }

  private build(at: number): void {
    const step = this.steps[at] as Step;
    if (this.active[at] !== true || step.type === 'read' || step.type === 'receive' || step.type === 'load') return;
    if (step.type === 'group') return this.buildEnd(step.end, at);
    if (step.type === 'fold' || step.type === 'join') return;
    const push = this.pushOf(step, at);
    this.pushes.set(at, this.parts.skipping?.inStep(functionOf(step), push) ?? push);
  }

  private pushOf(step: Flowing, at: number): Push {
    switch (step.type) {
      case 'call':
        this.buildEnd(step.end, at);
        return this.callPush(step, at);
      case 'pipe':
        return this.pipePush(new Pipe(step.command, this.parts, this.out(at)));
      case 'shape':
        return this.shapePush(step, this.out(at));
      case 'lookup':
        return lookupPush(step, at, { parts: this.parts, next: this.out(at) });
      case 'top':
        return step.perGroup ? nothing : this.topPush(step, this.out(at));
      case 'splitters':
        return this.splittersPush(step, this.out(at));
      case 'sample':
        return nothing;
      case 'emit':
        return this.emitPush(step.edge, at);
      case 'write':
        return step.folders === true ? nothing : this.writePush(this.parts.partWriter(step.output));
    }
  }

  private emitPush(edge: EdgeId, at: number): Push {
    const { parts } = this;
    const writer = parts.edgeWriter(edge);
    const push = parts.skipping?.edge(writer) ?? writer.add;
    const key = lookedUpBy(parts.job.graph, edge);
    return key === null ? push : keyedPush(key, at, { parts, next: push });
  }

  private writePush(part: PartWriter | AnswerWriter): Push {
    const { skipping } = this.parts;
    return skipping !== null && part instanceof PartWriter ? skipping.part(part) : record => part.write(record);
  }

  private pipePush(pipe: Pipe): Push {
    const add = this.waitFor(pipe);
    return this.parts.skipping?.value(line => pipe.look(line), add) ?? add;
  }

  private buildEnd(end: StepOf<'call'>['end'], at: number): void {
    if (end === undefined) return;
    const give = this.parts.job.functions[end.index] as (context: unknown) => unknown;
    const name = this.steps[at]?.type === 'group' ? 'reduceEnd' : 'mapEnd';
    const next = this.out(at);
    this.ends.push(() => {
      this.ending = end;
      for (const record of iterableOf(name, give(this.parts.context))) next(record);
      this.ending = null;
    });
  }

  private waitFor(step: WaitingStep & { readonly add: Push }): Push {
    this.waiting.steps.push(step);
    this.ends.push(() => step.end());
    return step.add;
  }

  private callPush(step: StepOf<'call'>, at: number): Push {
    const next = this.out(at);
    const call = this.parts.job.functions[step.function.index] as (...args: unknown[]) => unknown;
    const { context } = this.parts;
    switch (step.function.role) {
      case 'map':
        return instantiate(mapKernel)(call, context, next);
      case 'filter':
        return instantiate(filterKernel)(call, context, next);
      case 'flatMap':
        return instantiate(flatMapKernel)(call, context, { next, iterable: given => iterableOf('map', given) });
      case 'mapEmit':
        return instantiate(mapEmitKernel)(call as never, context, next);
      case 'mapBatch': {
        const { batch: size = 1, concurrency = 1 } = step;
        const add = this.waitFor(new Batches({ size, concurrency, call, parts: this.parts, next }));
        return this.parts.skipping?.value(record => record, add) ?? add;
      }
      case 'partition': {
        const partitions = this.partitionsBehind(at);
        const checked = (given: unknown): number => {
          if (isPartition(given, partitions)) return given;
          throw new BadPartition({ of: 'record', given, partitions, function: step.function });
        };
        return instantiate(partitionKernel)(call, partitions, { next, checked });
      }
      default:
        throw new Error(`stage ${this.parts.stage.name}: a call of a function that is a ${step.function.role}`);
    }
  }

  /** How many partitions the edge has that the records of a step are emitted on. */
  private partitionsBehind(at: number): number {
    const { assignment, stage } = this.parts;
    const edges = this.takersOf(at).flatMap(taker => {
      const step = this.steps[taker];
      return step?.type === 'emit' ? [step.edge] : [];
    });
    const [edge] = edges;
    if (edge === undefined) throw new Error(`stage ${stage.name}: step ${at} gives partitions of no edge`);
    return assignment.partitions[edge] ?? 1;
  }

  private shapePush(step: StepOf<'shape'>, next: Push): Push {
    const fields = step.fields.map(field => ({ name: field.name, pick: pickOf(field.of, this.parts.job) }));
    return record => {
      const shaped: { [name: string]: unknown } = {};
      for (const { name, pick } of fields) shaped[name] = pick(record);
      next(shaped);
    };
  }

  private topPush(step: StepOf<'top'>, next: Push): Push {
    const top = new Top(step.count, step.by, this.parts.job);
    this.ends.push(() => {
      for (const record of top.take()) next(record);
    });
    return (
      this.parts.skipping?.value(
        record => top.look(record),
        looked => top.put(looked),
      ) ?? (record => top.add(record))
    );
  }

  private splittersPush(step: StepOf<'splitters'>, next: Push): Push {
    const samples = new SampleSet();
    const count = this.parts.assignment.counts[step.stage];
    if (count === undefined) throw new Error(`stage ${this.parts.stage.name}: the count of stage ${step.stage} is not known`);
    this.ends.push(() => {
      for (const splitter of samples.splitters(count)) next(splitter);
    });
    return record => samples.add(record as Sample);
  }

  private groupPushOf(step: Step, at: number): GroupPush {
    const next = this.out(at);
    switch (step.type) {
      case 'fold':
        return this.foldGroups(step, next);
      case 'group':
        return this.reduceGroups(step, next);
      case 'join':
        return this.joinGroups(step, next);
      case 'top':
        return this.topOfGroups(step, next);
      case 'write':
        return this.foldersPush(step);
      default:
        throw new Error(`a ${step.type} step takes no groups`);
    }
  }

  private reduceGroups(step: StepOf<'group'>, next: Push): GroupPush {
    const { context, job } = this.parts;
    const reduce = job.functions[step.function.index] as (key: unknown, values: Iterable<unknown>, context: unknown) => unknown;
    return groups => {
      for (const record of iterableOf('reduce', reduce(groups.key(), new GroupValues(groups), context))) next(record);
    };
  }

  private joinGroups(step: StepOf<'join'>, next: Push): GroupPush {
    const { context, job } = this.parts;
    if (step.function === undefined) return joinGroup(step.kind, next, this.parts);
    return cogroupCall(job.functions[step.function.index] as Cogroup, context, next);
  }

  private foldGroups(step: StepOf<'fold'>, next: Push): GroupPush {
    const combined = this.parts.receivesCombined(step.from);
    const folding = foldingOf(step.fold, this.parts.job, combined);
    return groups => {
      const key = groups.key();
      groups.nextValue();
      let value = folding.first(groups.value);
      while (groups.nextValue()) value = folding.fold(value, folding.first(groups.value));
      next([key, folding.finish(value)]);
    };
  }

  private foldersPush(step: StepOf<'write'>): GroupPush {
    const writer = this.parts.folderWriter(step.output);
    return groups => {
      writer.enter(groups.key() as string);
      while (groups.nextValue()) writer.write(groups.value);
    };
  }

  private topOfGroups(step: StepOf<'top'>, next: Push): GroupPush {
    const top = new Top(step.count, step.by, this.parts.job);
    return groups => {
      const key = groups.key();
      while (groups.nextValue()) top.add(groups.value);
      next([key, top.take()]);
    };
  }
}

/** The function of the job that a step asks, where it is one. */
function functionOf(step: Flowing): FunctionRef | null {
  if (step.type === 'call') return step.function;
  const selects = step.type === 'lookup' ? [step.key] : step.type === 'top' ? step.by.map(part => part.select) : [];
  const [asked = null] = selects.flatMap(select => (select.type === 'function' ? [select.function] : []));
  return asked;
}

/** With `input`: only the read of that input, and what follows from it. */
function activeSteps(steps: readonly Step[], input: number | null, graph: StageGraph): boolean[] {
  const active: boolean[] = [];
  steps.forEach((step, at) => {
    if (step.type === 'read') active[at] = step.input === input;
    else if (step.type === 'emit' && runOf(graph, step.edge) !== step.edge) active[at] = false;
    else active[at] = 'from' in step ? active[step.from] === true : true;
  });
  return active;
}
