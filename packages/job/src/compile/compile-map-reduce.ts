// A mapReduce definition and its parameters → the stage graph and the functions it refers to.
//
//   stage map                                   edge 0 (shuffle)          stage reduce
//   read ▸ call* (the source's own) ▸ call map ▸ emit ───────────▶ receive ▸ group reduce ▸ write
//
// Without `reduce` there is one stage, and it writes. With several `inputs` the map stage reads each of them and all emit on
// the one edge. The same definition and parameters give the same bytes of graph, here and in every executor.

import { UsageError } from '@sheaf/protocol';
import type { Count, Edge, Fold, FunctionRef, KeyPart, Output, Partitioner, Select, Stage, Step } from '@sheaf/protocol/graph';
import type { CompiledJob } from '../compiled-job.ts';
import { builtInFold } from '../folds.ts';
import { isPromise } from '../schema.ts';
import { sinkDefinition } from '../sinks.ts';
import type { SourceDefinition } from '../sources.ts';
import type { AnyFunction } from '../user-function.ts';
import { FunctionTable } from './functions.ts';
import { definitionOf, inputOf, pushRead } from './inputs.ts';
import { mapReduceNotes } from './map-reduce-notes.ts';
import type { Members } from './members.ts';
import { addDeadLetters } from './on-error.ts';
import { sortPart } from './sort-values.ts';

/** How many bytes of the source one reduce task is for, unless the job says how many reducers it wants. */
const bytesPerReducer = 64 * 1_048_576;
const reducersMin = 2;
const reducersMax = 10_000;

const item = (index: number): Select => ({ type: 'item', index });
const identity: AnyFunction = (record: unknown) => record;

/** Runs the job's `input`, `inputs` and `output` functions. Throws UsageError for what they give wrongly. */
export function compileMapReduce(members: Members, params: unknown): CompiledJob {
  const plan = new MapReducePlan(members, params);
  const graph = plan.graph();
  const { functions } = plan.functions;
  return { graph, functions, notes: mapReduceNotes({ graph, functions, sources: plan.sources, members }) };
}

class MapReducePlan {
  readonly functions = new FunctionTable();
  private readonly members: Members;
  readonly sources: readonly SourceDefinition[];
  private readonly output: Output;
  private readonly life: { readonly setup?: FunctionRef; readonly teardown?: FunctionRef };

  constructor(members: Members, params: unknown) {
    this.members = members;
    this.sources = sourcesOf(members, params);
    this.output = outputOf(members, params);
    this.life = this.lifeOf();
  }

  graph(): CompiledJob['graph'] {
    const { name, settings, reduce } = this.members;
    const map = this.mapStage();
    const edges = reduce === undefined ? [] : [this.edge()];
    const stages = reduce === undefined ? [map] : [map, this.reduceStage(reduce)];
    const outputs = [this.output];
    const onError = addDeadLetters(this.members.onError, outputs);
    return { version: 1, job: name, stages, edges, outputs, settings, onError };
  }

  private mapStage(): Stage {
    const { reduce } = this.members;
    const steps: Step[] = [];
    const inputs = this.sources.map((source, input) => {
      const read = inputOf(source, this.functions);
      pushRead(steps, { input, source }, this.functions);
      this.pushMap(steps);
      const from = steps.length - 1;
      steps.push(reduce === undefined ? { type: 'write', from, output: 0 } : { type: 'emit', from, edge: 0 });
      return read;
    });
    return { name: 'map', tasks: { type: 'splits', inputs }, outputs: reduce === undefined ? [0] : [], ...this.life, steps };
  }

  /** The job's own map, and `mapEnd` on the last call before the emit. */
  private pushMap(steps: Step[]): void {
    const { map, mapEmit, mapEnd } = this.members;
    if (map !== undefined) steps.push({ type: 'call', from: steps.length - 1, function: this.functions.add('flatMap', map) });
    if (mapEmit !== undefined) steps.push({ type: 'call', from: steps.length - 1, function: this.functions.add('mapEmit', mapEmit) });
    if (mapEnd === undefined) return;
    if (steps.at(-1)?.type !== 'call') {
      steps.push({ type: 'call', from: steps.length - 1, function: this.functions.add('map', identity, 'identity') });
    }
    const last = steps.pop() as Extract<Step, { type: 'call' }>;
    steps.push({ ...last, end: this.functions.add('end', mapEnd) });
  }

  private edge(): Edge {
    const { combine, partition, sortValuesBy } = this.members;
    const key: KeyPart[] = [{ select: item(0), desc: false }];
    const fold = combine === undefined ? null : this.fold(combine);
    const partitioner: Partitioner =
      partition === undefined ? { type: 'hash' } : { type: 'function', function: this.functions.add('partition', partition) };
    if (sortValuesBy !== undefined) key.push(sortPart(sortValuesBy, this.functions));
    return { type: 'shuffle', from: 0, to: 1, shuffle: { key, group: 1, value: item(1), combine: fold, partitioner } };
  }

  private fold(combine: AnyFunction): Fold {
    const name = builtInFold(combine);
    return name === undefined ? { type: 'function', function: this.functions.add('fold', combine) } : { type: 'built-in', name };
  }

  private reduceStage(reduce: AnyFunction): Stage {
    const { reduceEnd, reducers } = this.members;
    const count: Count =
      reducers === 'auto'
        ? { type: 'auto', of: 'source', bytesPerTask: bytesPerReducer, min: reducersMin, max: reducersMax }
        : { type: 'fixed', count: reducers };
    const group = this.functions.add('group', reduce);
    const end = reduceEnd === undefined ? {} : { end: this.functions.add('end', reduceEnd) };
    const steps: Step[] = [
      { type: 'receive', edges: [0] },
      { type: 'group', from: 0, function: group, ...end },
      { type: 'write', from: 1, output: 0 },
    ];
    return { name: 'reduce', tasks: { type: 'partitions', count }, outputs: [0], ...this.life, steps };
  }

  /** Both stages share setup and teardown: each runs once an attempt, whatever the attempt does. */
  private lifeOf(): { readonly setup?: FunctionRef; readonly teardown?: FunctionRef } {
    const { setup, teardown } = this.members;
    return {
      ...(setup === undefined ? {} : { setup: this.functions.add('setup', setup) }),
      ...(teardown === undefined ? {} : { teardown: this.functions.add('teardown', teardown) }),
    };
  }
}

function sourcesOf(members: Members, params: unknown): readonly SourceDefinition[] {
  const { input, inputs } = members;
  if (inputs === undefined) return [definitionOf(given(input, 'input', params), 'input')];
  const list = given(inputs, 'inputs', params);
  if (!Array.isArray(list) || list.length === 0) throw new UsageError('inputs must be a list of at least one source.');
  return list.map((source, at) => definitionOf(source, `inputs[${at}]`));
}

function outputOf(members: Members, params: unknown): Output {
  const sink = sinkDefinition(given(members.output, 'output', params));
  if (sink === undefined) throw new UsageError("output must be a sink, such as to.jsonl('counts').");
  return sink.output;
}

/** A member itself, or what it gives as a function of the parameters. */
function given(member: unknown, name: string, params: unknown): unknown {
  if (typeof member !== 'function') return member;
  const value = call(member as AnyFunction, name, params);
  if (!isPromise(value)) return value;
  value.then(undefined, () => undefined);
  throw new UsageError(`${name} must not be asynchronous: use await at the top of the job file, or from.items with an async generator.`);
}

function call(member: AnyFunction, name: string, params: unknown): unknown {
  try {
    return member(params);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${name} threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`, { cause: error });
  }
}
