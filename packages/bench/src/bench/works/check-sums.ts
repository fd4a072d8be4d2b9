// Whether sums of sales are right, within what the order of floating-point additions changes.

import { readFileSync } from 'node:fs';
import type { Tables } from '../data/data-folder.ts';
import { planOf } from '../data/tables.ts';
import { chunksOf, outputFiles } from './check-output.ts';

const tolerance = 1e-9;

interface Sum {
  total: number;
  n: number;
}

/** Lines `user,total,n`. */
export async function checkSumsByUser(folder: string, tables: Tables): Promise<void> {
  compareSums(
    sumsIn(folder),
    sumsOf(tables, user => user),
  );
}

/** Lines `plan,total,n`. */
export async function checkSumsByPlan(folder: string, tables: Tables): Promise<void> {
  compareSums(
    sumsIn(folder),
    sumsOf(tables, user => planOf(Number(user))),
  );
}

function sumsIn(folder: string): Map<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const path of outputFiles(folder)) {
    const lines = readFileSync(path, 'utf8').split('\n').slice(1, -1);
    for (const line of lines) {
      const [key = '', total, n] = line.split(',');
      if (sums.has(key)) throw new Error(`the result is wrong: ${key} comes twice`);
      sums.set(key, { total: Number(total), n: Number(n) });
    }
  }
  return sums;
}

function sumsOf({ sales }: Tables, keyOf: (user: string) => string): Map<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const row of rowsOf(sales.path)) {
    // What is quoted stands behind these.
    const [, user = '', , , amount] = row.split(',', 5);
    const key = keyOf(user);
    const sum = sums.get(key) ?? { total: 0, n: 0 };
    if (sum.n === 0) sums.set(key, sum);
    sum.total += Number(amount);
    sum.n += 1;
  }
  return sums;
}

function* rowsOf(path: string): Iterable<string> {
  const decoder = new TextDecoder('latin1');
  let [rest, header] = ['', true];
  for (const chunk of chunksOf(path)) {
    const rows = (rest + decoder.decode(chunk)).split('\n');
    rest = rows.pop() ?? '';
    yield* header ? rows.slice(1) : rows;
    header = false;
  }
}

function compareSums(found: ReadonlyMap<string, Sum>, expected: ReadonlyMap<string, Sum>): void {
  if (found.size !== expected.size) throw new Error(`the result is wrong: ${found.size} sums, not ${expected.size}`);
  for (const [key, { total, n }] of expected) {
    const sum = found.get(key);
    const equal = sum !== undefined && sum.n === n && Math.abs(sum.total - total) <= Math.abs(total) * tolerance;
    if (!equal) throw new Error(`the result is wrong: ${key} has ${JSON.stringify(sum)}, not ${JSON.stringify({ total, n })}`);
  }
}
