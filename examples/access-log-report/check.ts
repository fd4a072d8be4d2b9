// Reads the logs again, line by line with plain string operations, and works out each day's report from all of its hits.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { linesOf } from '../output.ts';

interface Hit {
  readonly day: string;
  readonly path: string;
  readonly status: string;
  readonly bytes: number;
  readonly micros: number;
}

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const folder = dirname(params.in);
  const lines = readdirSync(folder).flatMap(name => {
    const bytes = readFileSync(join(folder, name));
    return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n').slice(0, -1);
  });
  const hits = lines.flatMap(hitOf);
  const expected = distinct(hits.map(hit => hit.day)).map(day =>
    reportOf(
      day,
      hits.filter(hit => hit.day === day),
    ),
  );
  const written = linesOf(params.out).map(line => JSON.parse(line) as { day: string });
  const inOrder = (reports: { day: string }[]): { day: string }[] => reports.sort((a, b) => (a.day < b.day ? -1 : 1));
  assert.deepEqual(inOrder(written), inOrder(expected));
  const { counters } = JSON.parse(readFileSync(join(params.out, '_SUCCESS'), 'utf8')) as { counters: { [name: string]: number } };
  assert.equal(counters['lines that are no hits'], lines.length - hits.length);
  return `${expected.length} days, ${hits.length} hits, ${lines.length - hits.length} lines that are none`;
}

function hitOf(line: string): Hit[] {
  const open = line.indexOf('[');
  const [date = '', month = '', year = ''] = line.slice(open + 1, open + 12).split('/');
  // Quoted parts stand at odd places once the quotes inside of them are out of the way.
  const [, request = '', numbers = '', , , , micros] = line.replaceAll('\\"', '\u0001').split('"');
  const [, target] = request.split(' ');
  if (micros === undefined || target === undefined) return [];
  const [, status = '', bytes = ''] = numbers.split(' ');
  const day = `${year}-${month === 'Feb' ? '02' : '03'}-${date}`;
  const path = (target.split('?')[0] ?? '').replaceAll('\u0001', '\\"');
  return [{ day, path, status, bytes: Number(bytes.replace('-', '0')), micros: Number(micros) }];
}

function reportOf(day: string, hits: readonly Hit[]): { day: string } {
  const countOf = (status: string): number => hits.filter(hit => hit.status === status).length;
  const slowestOf = (path: string): number => Math.max(...hits.filter(hit => hit.path === path).map(hit => hit.micros));
  const statuses = Object.fromEntries(distinct(hits.map(hit => hit.status)).map(status => [status, countOf(status)]));
  const slowest = distinct(hits.map(hit => hit.path))
    .map(path => ({ path, micros: slowestOf(path) }))
    .sort((a, b) => b.micros - a.micros)
    .slice(0, 5);
  const report = { hits: hits.length, bytes: hits.reduce((sum, hit) => sum + hit.bytes, 0), statuses, slowest };
  return { day, ...report };
}

function distinct(list: readonly string[]): string[] {
  return [...new Set(list)];
}
