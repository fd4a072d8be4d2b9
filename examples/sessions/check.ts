// Takes each user's clicks as one sorted list and cuts it where the gap is too large.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rowsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const folder = dirname(params.in);
  const lines = readdirSync(folder).flatMap(name => readFileSync(join(folder, name), 'utf8').split('\n').slice(1, -1));
  const times = new Map<string, number[]>();
  for (const line of lines) {
    const [user = '', at = ''] = line.split(',');
    times.set(user, [...(times.get(user) ?? []), Date.parse(at)]);
  }
  const expected = [...times].flatMap(([user, all]) => {
    const sorted = all.sort((a, b) => a - b);
    const begins = sorted.map((_, i) => i).filter(i => i === 0 || sorted[i]! - sorted[i - 1]! > 30 * 60_000);
    return begins.map((from, i) => {
      const session = sorted.slice(from, begins[i + 1]);
      return [user, new Date(session[0]!).toISOString(), new Date(session.at(-1)!).toISOString(), `${session.length}`].join();
    });
  });
  const rows = rowsOf(params.out).map(({ user, begin, end, clicks }) => [user, begin, end, clicks].join());
  assert.deepEqual(rows.sort(), expected.sort());
  return `${lines.length} clicks are ${rows.length} sessions`;
}
