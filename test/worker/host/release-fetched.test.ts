// Copies of other workers' outputs that are released: they go, the others stay, and one that is wanted again is fetched anew.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attemptIdOf, epochOf, limits, parseJobId, parseWorkerId } from '@sheaf/protocol';
import { expect, it, onTestFinished } from 'vitest';
import { HttpGet } from '../../../packages/worker/src/host/http-get.ts';
import { HttpTransport } from '../../../packages/worker/src/host/http-transport.ts';
import { Localiser } from '../../../packages/worker/src/host/localiser.ts';
import { OutputTable } from '../../../packages/worker/src/host/output-table.ts';
import { ShuffleServer } from '../../../packages/worker/src/host/shuffle-server.ts';
import { writeRun } from './run-files.ts';
import { temporaryFolder } from './temporary.ts';

const job = parseJobId('jaaaaaaaaaaaa');
const hash = '0'.repeat(32);

it('deletes copies of released outputs alone', async () => {
  const outputs = new OutputTable();
  const server = await ShuffleServer.start({ host: '127.0.0.1', port: 0, advertisedHost: '127.0.0.1', token: null, outputs });
  onTestFinished(() => server.close());
  const there = temporaryFolder();
  const locations = [3, 4].map(edge => {
    const attempt = attemptIdOf(epochOf(1), edge);
    const path = join(there, `edge-${edge}.run`);
    const bytes = writeRun(path, { job, stage: edge, task: 0, attempt, edge }, 100);
    outputs.add({ job, edge, task: 0, attempt, path, bytes });
    return { task: 0, attempt, worker: parseWorkerId('wbbbbbbbb'), address: server.address, host: 'there', path, bytes, hash };
  });
  const here = join(temporaryFolder(), 'fetched');
  const get = new HttpGet({ token: null, connectionsMax: limits.fetchesInFlightMax });
  const localiser = new Localiser({ machine: 'here', transport: new HttpTransport(get), folderOf: () => here });
  onTestFinished(async () => {
    await localiser.close();
    get.close();
  });
  const bring = async () => {
    const attempt = attemptIdOf(epochOf(1), 9);
    const wanted = { 3: locations.slice(0, 1), 4: locations.slice(1) };
    return localiser.localise({ job, attempt, outputs: wanted, readsOf: () => null, producerOf: edge => edge, runOf: edge => edge });
  };

  await bring();
  expect(readdirSync(here).sort()).toEqual(['3-0-1.3.run', '4-0-1.4.run']);
  await localiser.release(job, edge => edge === 3);
  expect(readdirSync(here)).toEqual(['4-0-1.4.run']);
  const again = await bring();
  expect(again[4]?.paths[0]).toBe(join(here, '4-0-1.4.run'));
  const path = again[3]?.paths[0] ?? '';
  expect(path).not.toBe(join(here, '3-0-1.3.run'));
  expect(readFileSync(path).equals(readFileSync(locations[0]?.path ?? ''))).toBe(true);
  await localiser.release(job, () => true);
  expect(readdirSync(here)).toEqual([]);
  expect(existsSync(locations[0]?.path ?? '')).toBe(true);
});

it('has nothing to delete of a job of which nothing was fetched', async () => {
  const get = new HttpGet({ token: null, connectionsMax: 1 });
  await new Localiser({ machine: 'here', transport: new HttpTransport(get), folderOf: () => '/nowhere' }).release(job, () => true);
  get.close();
});
