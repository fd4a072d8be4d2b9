// The items of `from.items` inputs, made once, where the job is submitted, and written into one spool file an input. Tasks on
// any machine then read the same items, whatever the code that made them depends on.

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyFunction } from '@sheaf/job/open';
import { limits, UsageError } from '@sheaf/protocol';
import type { StageGraph } from '@sheaf/protocol/graph';
import { type SpoolNote, writeSpool } from '@sheaf/storage';
import { encodeValue } from '@sheaf/worker/value-codec';
import { userLineOf } from './user-line.ts';

export interface ItemSpool extends SpoolNote {
  /** `stage.input`, as the submission names it. */
  readonly name: string;
  readonly path: string;
}

interface JobWithItems {
  readonly graph: StageGraph;
  readonly functions: readonly AnyFunction[];
  /** Where the job was imported from, and its source map: for the line of an error. */
  readonly bundlePath?: string;
  readonly bundle?: { readonly sourceMap: Uint8Array };
}

/** Writes the spools of all items inputs into `directory`. Throws UsageError for an item that cannot be carried, and for what the job's code throws. */
export async function writeItemSpools(job: JobWithItems, directory: string): Promise<ItemSpool[]> {
  const { graph, functions } = job;
  const spools: ItemSpool[] = [];
  for (const [stage, { tasks }] of graph.stages.entries()) {
    if (tasks.type !== 'splits') continue;
    for (const [at, input] of tasks.inputs.entries()) {
      if (input.type !== 'items') continue;
      const make = functions[input.items.index];
      if (make === undefined) throw new Error(`the graph names function ${input.items.index}, which the job has not`);
      const written = join(directory, `items-${stage}.${at}`);
      const note = await writeSpool(written, encodedItems(itemsOf(make, job), recordBytesMax(graph)));
      const path = join(directory, `${note.sha256}.items`);
      await rename(written, path);
      spools.push({ name: `${stage}.${at}`, path, ...note });
    }
  }
  return spools;
}

/** What the job's code gives; an error of it is the caller's mistake, and told with its line. */
async function* itemsOf(make: AnyFunction, job: JobWithItems): AsyncGenerator<unknown> {
  try {
    // What goes wrong with an item later on, outside, does not come through here.
    yield* make() as AsyncIterable<unknown>;
  } catch (error) {
    throw thrownByItems(error, job);
  }
}

function thrownByItems(error: unknown, { bundlePath, bundle }: JobWithItems): UsageError {
  const line = bundlePath === undefined || bundle === undefined ? null : userLineOf(error, { path: bundlePath, ...bundle });
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  // A UsageError of the job's own copy of Sheaf says itself what is wrong.
  const says = error instanceof Error && error.name === 'UsageError' ? error.message : `from.items threw ${text}`;
  return new UsageError(line === null ? says : `${line}: ${says}`, { cause: error });
}

function recordBytesMax({ settings }: StageGraph): number {
  return Math.floor(settings.memoryMb * 1_048_576 * limits.recordShareOfMemory);
}

async function* encodedItems(items: AsyncIterable<unknown>, bytesMax: number): AsyncGenerator<Uint8Array> {
  let target = new Uint8Array(65_536);
  let index = 0;
  for await (const item of items) {
    let end = encodeItem(item, index, target);
    while (end < 0) {
      if (target.length >= bytesMax) throw new UsageError(`item ${index} has more than ${bytesMax} bytes; raise settings.memoryMb`);
      target = new Uint8Array(Math.min(bytesMax, 2 * target.length));
      end = encodeItem(item, index, target);
    }
    yield target.subarray(0, end);
    index += 1;
  }
}

function encodeItem(item: unknown, index: number, target: Uint8Array): number {
  try {
    return encodeValue(item, target, 0, target.length);
  } catch (error) {
    throw new UsageError(`item ${index} cannot be carried to a task: ${(error as Error).message}`, { cause: error });
  }
}
