// Small partitions are read together, by as many tasks everywhere: inline, on one worker, and on workers of several machines of
// which one packs its map outputs and one is killed. The records are those of a run with a task for each partition.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { digestsOf, partsOf } from './harness/outputs.ts';
import { jobFile, paramsOf } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';
import { writeWords } from './harness/word-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-coalesced-'));
const input = writeWords(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const fine = { bytesPerTask: '100000', coalesceBytes: '1' };
const together = { bytesPerTask: '100000', coalesceBytes: '500000' };

interface Row {
  readonly word: string;
}

function rowsOf(parts: ReadonlyMap<string, Buffer>): Row[][] {
  return [...parts.values()].map(part =>
    part
      .toString()
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as Row),
  );
}

const byWord = (a: Row, b: Row): number => (a.word < b.word ? -1 : 1);

test('partitions that are small are read by fewer tasks, the same everywhere', () =>
  withCluster({ workers: [{ machine: 'a', slots: 2 }, { machine: 'b', lz4: true }, { machine: 'c' }] }, async cluster => {
    const inline = async (name: string, sizes: typeof fine) => {
      const given = paramsOf({ in: input, out: cluster.output(name), ...sizes });
      const status = await cluster.command('run', jobFile('coalesced'), ...given, '--inline', '--json').status();
      expect(status.state).toBe('succeeded');
      return { status, parts: partsOf(cluster.output(name)) };
    };
    const each = await inline('each', fine);
    const few = await inline('few', together);
    const totals = few.status.stages.flatMap(({ name, total }) => (name === 'join' ? [total] : []));
    expect(totals).toEqual([5]);
    expect(each.parts.size).toBeGreaterThan(30);
    expect(few.parts.size).toBeLessThan(10);
    expect(few.parts.size).toBeGreaterThanOrEqual(2);
    // The groups of a part come in the order of their keys, also where it is made of several partitions.
    for (const rows of rowsOf(few.parts)) expect(rows).toEqual([...rows].sort(byWord));
    expect(rowsOf(few.parts).flat().sort(byWord)).toEqual(rowsOf(each.parts).flat().sort(byWord));

    const out = cluster.output('cluster');
    const run = cluster.submitUngated('coalesced', { in: input, out, ...together });
    const job = await run.job();
    await cluster.until('a task is done', async () => (await cluster.status(job)).stages.some(({ done }) => done > 0));
    await cluster.workers[2]?.process.kill();
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(digestsOf(partsOf(out))).toEqual(digestsOf(few.parts));
    const { stages } = await run.status();
    expect(stages.map(({ name, total, done }) => ({ name, total, done }))).toEqual(
      few.status.stages.map(({ name, total }) => ({ name, total, done: total })),
    );
  }));
