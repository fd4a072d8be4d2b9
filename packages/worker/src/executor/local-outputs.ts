// The map outputs that a worker has brought to its machine for one edge of a task: columns, as there may be a million of them in
// a few packs, and what an executor is sent is copied for it.

import { type AttemptId, attemptIdOf, type Epoch, type TaskIndex } from '@sheaf/protocol';

/** A map output that the worker has brought to this machine. */
export interface LocalOutput {
  readonly task: TaskIndex;
  readonly attempt: AttemptId;
  readonly path: string;
  /** In a pack: its first byte and its size. Absent: it is the whole file. */
  readonly at?: number;
  readonly bytes?: number;
}

/** In the order in which they were added. */
export interface LocalOutputs {
  readonly paths: readonly string[];
  /** Of each output: number of its path, and so on. */
  readonly path: Uint32Array;
  readonly task: Uint32Array;
  readonly epoch: Uint32Array;
  readonly counter: Uint32Array;
  /** `wholeFile`, or its first byte in a pack. */
  readonly at: Float64Array;
  readonly bytes: Float64Array;
}

const wholeFile = -1;

export class LocalOutputsBuilder {
  readonly outputs: LocalOutputs;
  private readonly paths: string[] = [];
  private readonly numbers = new Map<string, number>();

  constructor(count: number) {
    const number = (): Uint32Array => new Uint32Array(count);
    const columns = { path: number(), task: number(), epoch: number(), counter: number() };
    this.outputs = { paths: this.paths, ...columns, at: new Float64Array(count), bytes: new Float64Array(count) };
  }

  set(i: number, { task, attempt, path, at = wholeFile, bytes = 0 }: LocalOutput): void {
    let number = this.numbers.get(path);
    if (number === undefined) {
      number = this.paths.push(path) - 1;
      this.numbers.set(path, number);
    }
    const [epoch, counter] = attempt.split('.');
    this.outputs.path[i] = number;
    this.outputs.task[i] = task;
    this.outputs.epoch[i] = Number(epoch);
    this.outputs.counter[i] = Number(counter);
    this.outputs.at[i] = at;
    this.outputs.bytes[i] = bytes;
  }
}

export function localOutputs(list: readonly LocalOutput[]): LocalOutputs {
  const builder = new LocalOutputsBuilder(list.length);
  list.forEach((output, i) => void builder.set(i, output));
  return builder.outputs;
}

/** One by one, each made when it is asked for. */
export function* outputsIn(outputs: LocalOutputs | undefined): Generator<LocalOutput> {
  const count = outputs?.task.length ?? 0;
  for (let i = 0; i < count; i++) yield outputAt(outputs as LocalOutputs, i);
}

/** Tells one list of outputs from another. */
export function attemptsText(outputs: LocalOutputs | undefined): string {
  let text = '';
  for (const { attempt } of outputsIn(outputs)) text += `${attempt},`;
  return text;
}

function outputAt(outputs: LocalOutputs, i: number): LocalOutput {
  const at = outputs.at[i] ?? wholeFile;
  return {
    task: outputs.task[i] ?? 0,
    attempt: attemptIdOf(outputs.epoch[i] as Epoch, outputs.counter[i] ?? 0),
    path: outputs.paths[outputs.path[i] ?? 0] ?? '',
    ...(at === wholeFile ? {} : { at, bytes: outputs.bytes[i] ?? 0 }),
  };
}
