// A chain of rounds on workers of three machines: what early rounds made is deleted while later ones run, and a worker that is
// killed after that sends the job back without any trace of it in the output.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { framesOf } from '../../packages/worker/src/data/pack.ts';
import { runIn } from '../../packages/worker/src/data/run-file.ts';
import { digestsOf, filesBelow, partsOf } from './harness/outputs.ts';
import { jobFile, paramsOf, type TestWorker } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';

const numbers = Array.from({ length: 2_000 }, (_, i) => `${i * 37}\n`).join('');

test('early rounds are gone from all disks while later ones run, and are made again when a worker is lost', () =>
  withCluster({ workers: ['a', 'b', 'c'].map(machine => ({ machine })) }, async cluster => {
    const input = join(cluster.folder, 'numbers.txt');
    writeFileSync(input, numbers);
    const inline = cluster.command(
      ...['run', jobFile('rounds'), ...paramsOf({ in: input, out: cluster.output('inline') })],
      '--inline',
      '--json',
    );
    expect((await inline.status()).state).toBe('succeeded');

    const out = cluster.output('rounds');
    cluster.gates.close('round-5');
    const run = cluster.submit('rounds', { in: input, out });
    await Promise.all(['round-5-0', 'round-5-1'].map(gate => cluster.workerAtGate(gate)));
    // Round 5 reads edge 4, which was made of edge 3.
    await cluster.until('early rounds are gone', () => cluster.workers.every(worker => edgesOn(worker).every(edge => edge >= 3)));
    expect(cluster.gates.timesBegun('round-1')).toEqual({ 'round-1-0': 1, 'round-1-1': 1 });
    // Two tasks of three workers in each round: one of these had a task of both.
    const doomed = await cluster.until('a worker has outputs of both', () =>
      cluster.workers.find(worker => [3, 4].every(edge => edgesOn(worker, 'outputs').includes(edge))),
    );
    await doomed.process.kill();
    // Once nothing that it had is counted on it is forgotten.
    await cluster.until(
      'it is lost',
      async () => (await cluster.workersKnown()).map(({ state }) => state).join() === 'connected,connected',
    );
    cluster.gates.open('round-5');
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(digestsOf(partsOf(out))).toEqual(digestsOf(partsOf(cluster.output('inline'))));
    expect(cluster.gates.timesBegun('round-1')).toEqual({ 'round-1-0': 2, 'round-1-1': 2 });
  }));

/** The edges of which the worker has outputs: finished by itself, or fetched from others. Throws when a folder goes while it is read. */
function edgesOn({ directory }: TestWorker, where: 'outputs' | 'anywhere' = 'anywhere'): number[] {
  const own = /^outputs\/[^/]+\/[^/]+\/edge-(\d+)\.run$/;
  const any = /(?:^outputs\/.*\/edge-|\/fetched\/)(\d+)[^/]*\.run$/;
  const files = filesBelow(directory);
  const packed = files.filter(path => path.endsWith('.runs')).flatMap(path => edgesInPack(join(directory, path)));
  const alone = files.flatMap(path => (where === 'outputs' ? own : any).exec(path)?.[1] ?? []);
  return [...packed, ...alone.map(Number)];
}

function edgesInPack(path: string): number[] {
  return framesOf(path).flatMap(({ runs }) => runs.map(({ at, bytes }) => runIn({ path, at, bytes }).ids.edge));
}
