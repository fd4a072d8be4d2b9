// Reducers on other machines than their maps: the output is that of the inline run, and each worker has fetched the partitions
// that its own tasks read, not the whole of every map output.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@sheaf/protocol';
import { afterAll, expect, test } from 'vitest';
import { decodeFooter, footerOffsetOf, runHeaderBytes, runTrailerBytes } from '../../packages/worker/src/data/run-format.ts';
import { fetchedBytesOf } from './harness/fetched-bytes.ts';
import { digestsOf, filesBelow, partsOf } from './harness/outputs.ts';
import { jobFile, paramsOf, type TestWorker } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';
import { writeWords } from './harness/word-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-words-'));
const input = writeWords(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const reducers = 6;
/** What comes with each output whatever is read of it. */
const headBytes = runHeaderBytes + limits.fetchTailBytes;

/** For each partition, its bytes in each of the map outputs that a worker holds of the only job. */
function partitionBytesAt({ directory }: TestWorker): number[][] {
  const outputs = join(directory, 'outputs');
  const runs = filesBelow(outputs).filter(path => path.endsWith('.run'));
  return runs.map(name => {
    const path = join(outputs, name);
    const file = readFileSync(path);
    const { stretches } = decodeFooter(path, file.subarray(footerOffsetOf(path, file.subarray(-runTrailerBytes), file.length)));
    const bytes = new Array<number>(reducers).fill(0);
    for (const { partition, storedBytes } of stretches) bytes[partition] = (bytes[partition] ?? 0) + storedBytes;
    return bytes;
  });
}

/** All bytes of the map outputs that a worker holds. */
function wholeBytesAt({ directory }: TestWorker): number {
  const outputs = join(directory, 'outputs');
  const runs = filesBelow(outputs).filter(path => path.endsWith('.run'));
  return runs.reduce((sum, name) => sum + statSync(join(outputs, name)).size, 0);
}

test('workers of other machines fetch what their tasks read', () =>
  withCluster({ workers: [{ machine: 'a' }] }, async cluster => {
    const out = cluster.output('cluster');
    const inlineOut = cluster.output('inline');
    const inline = cluster.command('run', jobFile('wide-shuffle'), ...paramsOf({ in: input, out: inlineOut }), '--inline', '--json');
    cluster.gates.close('reduce');
    const run = cluster.submit('wide-shuffle', { in: input, out });
    const mapper = await cluster.workerAtGate('reduce-0');
    const others = await cluster.addWorkers([{ machine: 'b' }, { machine: 'c' }]);
    await cluster.until('both have a reduce task', () => {
      const at = cluster.gates.arrivals('reduce-').map(({ worker }) => worker);
      return others.every(({ process }) => at.includes(process.pid));
    });
    const outputs = partitionBytesAt(mapper);
    cluster.gates.open('reduce');
    expect((await run.ended).code, (await run.ended).stderr).toBe(0);
    expect((await inline.ended).code, (await inline.ended).stderr).toBe(0);
    expect(digestsOf(partsOf(out))).toEqual(digestsOf(partsOf(inlineOut)));
    expect(readdirSync(out).filter(name => name.startsWith('part-'))).toHaveLength(reducers);

    const whole = outputs.flat().reduce((sum, bytes) => sum + bytes, 0);
    expect(outputs.length).toBeGreaterThanOrEqual(4);
    expect(whole / outputs.length / reducers).toBeGreaterThan(2 * limits.fetchGapBytesMax);
    for (const worker of [mapper, ...others]) {
      const { fetchedBytes, relayedBytes } = await fetchedBytesOf(cluster, worker);
      expect(relayedBytes).toBe(0);
      const tasks = cluster.gates.arrivals('reduce-').filter(arrival => arrival.worker === worker.process.pid);
      const partitions = tasks.map(({ gate }) => Number(gate.slice('reduce-'.length)));
      const read = worker === mapper ? 0 : partitions.flatMap(at => outputs.map(bytes => bytes[at] ?? 0)).reduce((a, b) => a + b, 0);
      // The last partition may lie in what comes with every output.
      expect(fetchedBytes).toBeGreaterThanOrEqual(read);
      expect(fetchedBytes).toBeLessThanOrEqual(read + (worker === mapper ? 0 : outputs.length * headBytes));
      if (worker !== mapper) expect(fetchedBytes).toBeLessThan(whole * 0.8);
    }
  }));

test('a worker of another machine fetches of a range edge the keys that its task reads', () =>
  withCluster({ workers: [{ machine: 'a' }] }, async cluster => {
    const [out, inlineOut] = [cluster.output('cluster'), cluster.output('inline')];
    const inline = cluster.command('run', jobFile('wide-sort'), ...paramsOf({ in: input, out: inlineOut }), '--inline', '--json');
    cluster.gates.close('sort');
    const run = cluster.submit('wide-sort', { in: input, out });
    const mapper = await cluster.workerAtGate('sort-0');
    const [other] = (await cluster.addWorkers([{ machine: 'b' }])) as [TestWorker];
    await cluster.workerAtGate('sort-1');
    const whole = wholeBytesAt(mapper);
    cluster.gates.open('sort');
    expect((await run.ended).code, (await run.ended).stderr).toBe(0);
    expect((await inline.ended).code, (await inline.ended).stderr).toBe(0);
    expect(digestsOf(partsOf(out))).toEqual(digestsOf(partsOf(inlineOut)));
    const { fetchedBytes } = await fetchedBytesOf(cluster, other);
    expect(fetchedBytes).toBeGreaterThan(whole * 0.4);
    expect(fetchedBytes).toBeLessThan(whole * 0.7);
  }));
