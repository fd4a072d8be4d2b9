// A checkpoint on a cluster: executors plan as was decided at submit, also when it was not there before; a run that finds it reads it.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'sheaf';
import { afterAll, expect, test } from 'vitest';
import { partsOf } from './harness/outputs.ts';
import { withCluster } from './harness/with-cluster.ts';
import { writeWords } from './harness/word-data.ts';
import checkpointed from './jobs/checkpointed.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-checkpointed-'));
const input = writeWords(join(folder, 'words'));
afterAll(() => rmSync(folder, { recursive: true }));

const rowsOf = (out: string): string[] => [...partsOf(out).values()].flatMap(part => part.toString().split('\n').slice(1, -1));

test('it is written once, and read by the next run, inline or on another cluster', async () => {
  const kept = join(folder, 'kept');
  await withCluster({ workers: [{ machine: 'first' }, { machine: 'second' }] }, async cluster => {
    const [first, second] = [cluster.output('first'), cluster.output('second')];
    const written = await run(checkpointed, { in: input, kept, out: first }, { coordinator: cluster.url });
    expect(written.counters.words).toBeGreaterThan(0);
    const { words, ...read } = (await run(checkpointed, { in: input, kept, out: second }, { coordinator: cluster.url })).counters;
    // The output is a parameter too, and what a checkpoint is made of includes all parameters.
    expect(words).toBe(written.counters.words);
    const again = await run(checkpointed, { in: input, kept, out: first }, { coordinator: cluster.url, overwrite: true });
    expect([again.counters.words, again.counters.kinds]).toEqual([undefined, read.kinds]);
    expect(rowsOf(first)).toEqual(rowsOf(second));
    expect(readdirSync(kept).length).toBe(2);
    const inline = await run(checkpointed, { in: input, kept, out: first }, { inline: true, overwrite: true });
    expect(inline.counters.words).toBe(undefined);
    expect(rowsOf(first)).toEqual(rowsOf(second));
  });
});
