// All values of a finished run, in order: how broadcasts and splitters, which have no keys, are read.

import type { Region, TaskMemory } from './memory.ts';
import { RunCursor } from './run-cursor.ts';
import { type PlaceInFile, RunFile } from './run-file.ts';
import type { RunIds } from './run-format.ts';
import { decodeValue } from './value-codec.ts';

export interface ValuesMemory {
  readonly memory: TaskMemory;
  /** `cursorBytes` of it. */
  readonly buffer: Region;
  /** For a value larger than a block. */
  readonly large: Region;
}

/** Hands on each value and how many bytes it took. Throws as RunFile and RunCursor do. */
export function readValues(
  of: PlaceInFile & { readonly ids: RunIds },
  { memory, buffer, large }: ValuesMemory,
  each: (value: unknown, bytes: number) => void,
): void {
  const run = new RunFile(of, of.ids);
  try {
    for (const start of run.footer.stretches) {
      const cursor = new RunCursor({ run, memory, buffer, start, ordered: false });
      while (cursor.next()) {
        const at = cursor.value(large);
        each(decodeValue(memory.bytes, at, at + cursor.valueLength), cursor.valueLength);
      }
    }
  } finally {
    run.close();
  }
}
