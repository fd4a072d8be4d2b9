// Operators on records as such: batches, samples, lines through a program, other partitions. What they are given is checked here.

import { limits, UsageError } from '@sheaf/protocol';
import { codeOf } from '../compile/functions.ts';
import type { CountingContext } from '../context.ts';
import type { AnyFunction } from '../user-function.ts';
import type { Node } from './nodes.ts';
import { functionOf } from './plan-arguments.ts';

/** `mapBatch`. Throws UsageError for a size or a concurrency that is none. */
export function batchesOf(
  from: Node,
  { size, given, options }: { readonly size: unknown; readonly given: unknown; readonly options: unknown },
): Node {
  if (typeof given !== 'function') throw new UsageError(`mapBatch takes a size and a function, not ${typeof given}.`);
  const { concurrency = 1 } = (options ?? {}) as { readonly concurrency?: unknown };
  return {
    type: 'batches',
    from,
    size: wholeOf(size, limits.batchRecordsMax, 'mapBatch: the size of a batch'),
    concurrency: wholeOf(concurrency, limits.batchConcurrencyMax, 'mapBatch: concurrency'),
    call: given as AnyFunction,
    columns: null,
  };
}

/** `pipe`. Throws UsageError for a command that is none. */
export function pipeOf(from: Node, command: unknown): Node {
  const words: readonly unknown[] = Array.isArray(command) ? command : [];
  if (words.length === 0 || words.length > limits.pipeArgumentsMax || !words.every(word => typeof word === 'string') || words[0] === '')
    throw new UsageError("pipe takes a command as a list of words, as in pipe(['tr', 'a-z', 'A-Z']).");
  return { type: 'pipe', from, command: [...(words as readonly string[])], columns: null };
}

/** `repartition`. Throws UsageError for a number of partitions that is none, and for a partition function that is none or lacks a number. */
export function repartitionOf(from: Node, partitions: unknown, given: unknown): Node {
  const count = partitions === undefined ? null : wholeOf(partitions, limits.partitionsMax, 'repartition: the number of partitions');
  if (given !== undefined && count === null)
    throw new UsageError('repartition: a partition function needs to know how many there are, as in repartition(8, partition).');
  const partition = given === undefined ? null : functionOf(given, 'repartition: partition');
  return { type: 'repartition', from, partitions: count, partition, orders: [], columns: from.columns };
}

/** `sample`: a filter that knows a record by its stage, its task and its number in it, which no cluster changes. */
export function sampleOf(from: Node, rate: unknown, seed: unknown = 0): Node {
  if (typeof rate !== 'number' || !(rate >= 0 && rate <= 1)) throw new UsageError(`sample takes a rate from 0 to 1, not ${String(rate)}.`);
  if (typeof seed !== 'number' || !Number.isSafeInteger(seed))
    throw new UsageError(`sample: the seed is a whole number, not ${String(seed)}.`);
  let last: unknown;
  let start = 0;
  let record = 0;
  const uncount = (): void => {
    record--;
  };
  const call = (_: unknown, context: CountingContext): boolean => {
    // An executor runs one attempt after another, and each has a context of its own.
    if (context !== last) {
      last = context;
      record = 0;
      start = mixed(Number.parseInt(codeOf(`${seed} ${context.task.stage} ${context.task.index}`), 16));
    }
    const chosen = mixed(mixed(start ^ (record >>> 0)) + Math.floor(record / 4_294_967_296)) < rate * 4_294_967_296;
    record++;
    context.onTakeBack?.(uncount);
    return chosen;
  };
  return { type: 'call', from, role: 'filter', call, text: `sample ${rate} ${seed}`, columns: from.columns };
}

/** 32 bits, each of which depends on every bit of `value`. */
function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function wholeOf(given: unknown, most: number, what: string): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given > 0 && given <= most) return given;
  throw new UsageError(`${what} is a whole number from 1 to ${most}, not ${String(given)}.`);
}
