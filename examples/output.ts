// Reads what a job has written, for the checks of the examples: the parts of a committed output, in order.

import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** The lines of each part. An output is complete when, and only when, `_SUCCESS` is there. */
export function partsOf(folder: string): string[][] {
  assert(existsSync(join(folder, '_SUCCESS')), `${folder} holds no _SUCCESS: the job has not been committed`);
  const parts = readdirSync(folder).filter(name => name.startsWith('part-'));
  return parts.sort().map(name => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1));
}

/** The lines of all parts, one after the other. */
export function linesOf(folder: string): string[] {
  return partsOf(folder).flat();
}

/** The rows of csv parts as objects, for cells without quotes. Each part has a header. */
export function rowsOf(folder: string): { [column: string]: string }[] {
  return partsOf(folder).flatMap(([header = '', ...lines]) => {
    const columns = header.split(',');
    return lines.map(line => Object.fromEntries(line.split(',').map((cell, i) => [columns[i], cell])));
  });
}

/** The records of jsonl parts. */
export function recordsOf<T>(folder: string): T[] {
  return linesOf(folder).map(line => JSON.parse(line) as T);
}

/** The lines of one ASCII file of any size, without their ends. */
export function* linesOfFile(path: string): Generator<string> {
  const file = openSync(path, 'r');
  const buffer = Buffer.alloc(1 << 20);
  let rest = '';
  for (let bytes = readSync(file, buffer); bytes > 0; bytes = readSync(file, buffer)) {
    const lines = (rest + buffer.toString('latin1', 0, bytes)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  closeSync(file);
}
