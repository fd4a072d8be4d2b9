// A join that becomes a lookup at submit, as its right side is small, and 64 MB stand on the left: executors make the same plan of
// the graph they are given, and what is written is what the shuffled join writes.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@sheaf/protocol';
import { run } from 'sheaf';
import { afterAll, expect, test } from 'vitest';
import { partsOf } from './harness/outputs.ts';
import { withCluster } from './harness/with-cluster.ts';
import smallSide from './jobs/small-side.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-small-side-'));
const input = join(folder, 'in');
afterAll(() => rmSync(folder, { recursive: true }));

/** Few rows, long ones. */
function writeInput(): void {
  mkdirSync(input);
  const note = 'x'.repeat(65_536);
  const rows = Math.ceil(limits.broadcastJoinLeftBytesMin / note.length);
  writeFileSync(
    join(input, 'sales.csv'),
    `user,amount,note\n${Array.from({ length: rows }, (_, row) => `${(row * 7) % 50},${row % 11},${note}\n`).join('')}`,
  );
  const users = Array.from({ length: 40 }, (_, user) => `${user},plan ${user % 3}\n`);
  writeFileSync(join(input, 'users.csv'), `user,plan\n${users.join('')}`);
}

test('on workers and inline', async () => {
  writeInput();
  const [looked, shuffled, inline] = ['looked', 'shuffled', 'inline'].map(name => join(folder, name)) as [string, string, string];
  await withCluster({ workers: [{ machine: 'first' }, { machine: 'second' }] }, async cluster => {
    await run(smallSide, { in: input, out: looked, how: 'measured' }, { coordinator: cluster.url });
    await run(smallSide, { in: input, out: shuffled, how: 'shuffled' }, { coordinator: cluster.url });
  });
  await run(smallSide, { in: input, out: inline, how: 'measured' }, { inline: true });
  expect([looked, inline, shuffled].map(joins)).toEqual([false, false, true]);
  expect(writtenTo(looked)).toEqual(writtenTo(inline));
  const rows = rowsOf(looked);
  expect(rows.length).toBe(50);
  expect(rows).toEqual(rowsOf(shuffled));
}, 60_000);

function writtenTo(out: string): [string, string][] {
  return [...partsOf(out)].map(([name, part]) => [name, String(part)]);
}

function rowsOf(out: string): string[] {
  return writtenTo(out).flatMap(([, part]) => part.split('\n').slice(1, -1));
}

/** Whether a stage of the job joined what was shuffled to it. */
function joins(out: string): boolean {
  const { counters } = JSON.parse(readFileSync(join(out, '_SUCCESS'), 'utf8')) as { readonly counters: object };
  return Object.hasOwn(counters, 'join.groups');
}
