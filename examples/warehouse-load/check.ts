// Adds up each day of each customer in one table, file by file, and compares every folder of the output with it.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { linesOfFile, recordsOf } from '../output.ts';

interface Params {
  readonly orders: string;
  readonly events: string;
  readonly customers: string;
  readonly out: string;
}

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: Params): string {
  // Of each day and customer: orders, cents, events, searches.
  const figures = new Map<string, [number, number, number, number]>();
  const rejected: string[] = [];
  const figuresOf = (key: string): [number, number, number, number] => {
    const own = figures.get(key) ?? [0, 0, 0, 0];
    figures.set(key, own);
    return own;
  };
  for (const path of filesOf(params.orders)) {
    for (const line of [...linesOfFile(path)].slice(1)) {
      const [id = '', day, customer, amount = ''] = line.split(',');
      if (amount === 'n/a') rejected.push(`orders ${id} no amount`);
      else add(figuresOf(`${day},${customer}`), [1, Number(amount.replace('.', '')), 0, 0]);
    }
  }
  for (const path of filesOf(params.events)) {
    for (const line of gunzipSync(readFileSync(path)).toString('latin1').split('\n').slice(0, -1)) {
      const { at, customer, kind } = JSON.parse(line) as { at: string; customer: number | null; kind: string };
      if (customer === null) rejected.push(`events ${at} no customer`);
      else add(figuresOf(`${at.slice(0, 10)},${customer}`), [0, 0, 1, kind === 'search' ? 1 : 0]);
    }
  }
  const countries = new Map([...linesOfFile(params.customers)].map(line => line.split(',') as [string, string]));
  assert(existsSync(join(params.out, 'days', '_SUCCESS')), 'the job has not been committed');
  const days = readdirSync(join(params.out, 'days')).filter(name => name.startsWith('day='));
  const rows = days.flatMap(name => rowsIn(join(params.out, 'days', name)).map(row => `${name.slice(4)},${row}`));
  const expected = [...figures].map(([key, own]) => `${key},${own.join()},${countries.get(key.split(',')[1]!) ?? ''}`);
  assert.deepEqual(rows.sort(), expected.sort());
  const written = recordsOf<{ source: string; id: string; why: string }>(join(params.out, 'rejected'));
  assert.deepEqual(written.map(({ source, id, why }) => `${source} ${id} ${why}`).sort(), rejected.sort());
  return `${days.length} days, ${rows.length} rows, ${rejected.length} records rejected`;
}

function add(to: number[], more: readonly number[]): void {
  for (const [i, n] of more.entries()) to[i]! += n;
}

function filesOf(pattern: string): string[] {
  return readdirSync(dirname(pattern)).map(name => join(dirname(pattern), name));
}

function rowsIn(folder: string): string[] {
  return readdirSync(folder).flatMap(part => {
    const [header, ...rows] = linesOfFile(join(folder, part));
    assert.equal(header, 'customer,orders,cents,events,searches,country');
    return rows;
  });
}
