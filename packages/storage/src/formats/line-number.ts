// The line of a byte offset, worked out when an error is reported and never while records are read.

import { FailureError, limits } from '@sheaf/protocol';
import type { ListedFile } from '@sheaf/protocol/graph';
import { listedNow, openBytes } from '../files/byte-source.ts';

/** The line feeds in bytes[from, to). */
export function lineEndsIn(bytes: Uint8Array, from: number, to: number): number {
  let ends = 0;
  for (let at = from; at < to; at++) if (bytes[at] === 10) ends++;
  return ends;
}

/** The line feeds before `offset` of a plain file. Throws FailureError when it cannot be read or is another one by now. */
export function lineEndsBefore(file: ListedFile, offset: number): number {
  if (file.packed !== null) throw new Error(`${file.path} is read by nobody at an offset`);
  const source = openBytes(file, 0);
  const chunk = Buffer.allocUnsafe(limits.chunkBytes);
  let ends = 0;
  try {
    for (let left = offset; left > 0; ) {
      const read = source.read(chunk, 0, Math.min(left, chunk.length)) as number;
      if (read === 0) break;
      ends += lineEndsIn(chunk, 0, read);
      left -= read;
    }
  } finally {
    source.close();
  }
  return ends;
}

/** The number, from 1, of the line that holds the unpacked byte at `offset`. Throws FailureError when the file cannot be opened. */
export async function lineNumberAt(path: string, packed: 'gzip' | null, offset: number): Promise<number> {
  const source = openBytes(listedNow(path, packed), 0);
  const chunk = Buffer.alloc(limits.blockBytes);
  let line = 1;
  try {
    for (let left = offset; left > 0; ) {
      const read = await source.read(chunk, 0, Math.min(left, chunk.length));
      if (read === 0) break;
      for (let at = chunk.indexOf(10); at >= 0 && at < read; at = chunk.indexOf(10, at + 1)) line++;
      left -= read;
    }
  } catch (error) {
    // The line only helps to find the record; what broke the file has been told elsewhere.
    if (!(error instanceof FailureError)) throw error;
  } finally {
    source.close();
  }
  return line;
}
