// The items of `from.items` inputs, made once, where the job is submitted, and written into one spool file an input. Tasks on
// any machine then read the same items, whatever the code that made them depends on.

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyFunction } from '@sheaf/job/open';
import { limits, UsageError } from '@sheaf/protocol';
import type { StageGraph } from '@sheaf/protocol/graph';
import { type SpoolNote, writeSpool } from '@sheaf/storage';
import { encodeValue } from '@sheaf/worker/value-codec';

export interface ItemSpool extends SpoolNote {
  /** `stage.input`, as the submission names it. */
  readonly name: string;
  readonly path: string;
}

interface JobWithItems {
  readonly graph: StageGraph;
  readonly functions: readonly AnyFunction[];
}

/** Writes the spools of all items inputs into `directory`. Throws UsageError for an item that cannot be carried. */
export async function writeItemSpools({ graph, functions }: JobWithItems, directory: string): Promise<ItemSpool[]> {
  const spools: ItemSpool[] = [];
  for (const [stage, { tasks }] of graph.stages.entries()) {
    if (tasks.type !== 'splits') continue;
    for (const [at, input] of tasks.inputs.entries()) {
      if (input.type !== 'items') continue;
      const make = functions[input.items.index];
      if (make === undefined) throw new Error(`the graph names function ${input.items.index}, which the job has not`);
      const written = join(directory, `items-${stage}.${at}`);
      const note = await writeSpool(written, encodedItems(make() as AsyncIterable<unknown>, recordBytesMax(graph)));
      const path = join(directory, `${note.sha256}.items`);
      await rename(written, path);
      spools.push({ name: `${stage}.${at}`, path, ...note });
    }
  }
  return spools;
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
