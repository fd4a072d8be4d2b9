// Scores every minute of every service by the plain definitions of mean and variance.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rowsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const folder = dirname(params.in);
  const expected = readdirSync(folder).flatMap(name => anomaliesIn(readFileSync(join(folder, name), 'utf8')));
  const rows = rowsOf(params.out);
  assert.deepEqual(rows.map(({ service, minute }) => `${service} ${minute}`).sort(), expected.map(({ name }) => name).sort());
  for (const [i, { service, minute, failures, score }] of rows.entries()) {
    const anomaly = expected.find(({ name }) => name === `${service} ${minute}`)!;
    assert.equal(Number(failures), anomaly.failures);
    assert(Math.abs(Number(score) - anomaly.score) < 1e-9);
    assert(i === 0 || Number(score) <= Number(rows[i - 1]!.score), 'the worst come first');
  }
  return `${rows.length} minutes in which too much failed`;
}

function anomaliesIn(log: string): { name: string; failures: number; score: number }[] {
  const failures = new Map<string, number>();
  for (const line of log.split('\n').slice(0, -1)) {
    const { service, at, status } = JSON.parse(line) as { service: string; at: string; status: number };
    const name = `${service} ${at.slice(0, 16)}`;
    failures.set(name, (failures.get(name) ?? 0) + (status === 503 ? 1 : 0));
  }
  const counts = [...failures.values()];
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const deviation = Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length);
  const scored = [...failures].map(([name, count]) => ({ name, failures: count, score: (count - mean) / deviation }));
  return scored.filter(({ score }) => score > 4);
}
