// A client and a real coordinator: what is refused, and what happens when the coordinator goes away and comes back.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningCoordinator, startCoordinator } from '@sheaf/coordinator';
import { type JobId, UsageError } from '@sheaf/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CoordinatorClient } from '../../../packages/sheaf/src/submit/client.ts';
import type { CoordinatorAddress } from '../../../packages/sheaf/src/submit/coordinator-address.ts';
import { askJson } from '../../../packages/sheaf/src/submit/http.ts';
import { LostContactError } from '../../../packages/sheaf/src/submit/lost-contact.ts';
import { RejectedError } from '../../../packages/sheaf/src/submit/rejected-error.ts';

const unknownJob = 'j00000000aaaa' as JobId;
const silent = { status: (): void => {}, note: (): void => {} };
const token = 'a-token-of-some-length';

let directory = '';
const clients: CoordinatorClient[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sheaf-client-'));
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  rmSync(directory, { recursive: true, force: true });
});

function start(port = 0): Promise<RunningCoordinator> {
  return startCoordinator({
    stateDirectory: directory,
    host: '127.0.0.1',
    port,
    token,
    version: '0.0.0',
    logger: pino({ level: 'silent' }),
  });
}

function at(port: number, shown: string | null = token): CoordinatorAddress {
  return { host: '127.0.0.1', port, secure: false, token: shown };
}

function clientOf(address: CoordinatorAddress, reconnectMs = 10_000): { readonly client: CoordinatorClient; readonly told: string[] } {
  const told: string[] = [];
  const client = new CoordinatorClient({ address, version: '0.0.0', onContact: text => told.push(text), reconnectMs });
  clients.push(client);
  return { client, told };
}

test('a job that nobody knows is rejected, whether it is watched or cancelled', async () => {
  const coordinator = await start();
  const { client, told } = clientOf(at(coordinator.port));
  await expect(client.watch(unknownJob, silent)).rejects.toMatchObject({ kind: 'unknown-job' });
  await expect(client.cancel(unknownJob, 'test')).rejects.toThrow(RejectedError);
  expect(told).toEqual([]);
  await coordinator.stop();
});

test('another token, another kind of server and another language are mistakes of the caller', async () => {
  const coordinator = await start();
  const wrong = at(coordinator.port, 'another-token-of-some-length');
  await expect(clientOf(wrong).client.watch(unknownJob, silent)).rejects.toThrow(UsageError);
  await expect(askJson(wrong, '/jobs')).rejects.toThrow(/refused the token.*--token-file/);
  await expect(askJson(at(coordinator.port), `/jobs/${unknownJob}`)).rejects.toThrow(/no job j00000000aaaa is known/);
  await coordinator.stop();

  const stranger = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1');
  await new Promise(resolve => stranger.once('listening', resolve));
  const { port } = stranger.address() as AddressInfo;
  await expect(clientOf(at(port)).client.watch(unknownJob, silent)).rejects.toThrow(/no Sheaf coordinator/);
  await expect(askJson(at(port), '/jobs')).rejects.toThrow(/no Sheaf coordinator/);
  stranger.close();
});

test('a request outlives a coordinator that is started again, and the person is told twice', async () => {
  const first = await start();
  const { port } = first;
  const { client, told } = clientOf(at(port));
  await client.watch(unknownJob, silent).catch(() => {});
  await first.stop();
  const asked = client.watch(unknownJob, silent);
  asked.catch(() => {});
  const second = await start(port);
  await expect(asked).rejects.toMatchObject({ kind: 'unknown-job' });
  expect(told).toHaveLength(2);
  expect(told[0]).toMatch(/^no contact with the coordinator at ws:\/\/127\.0\.0\.1:\d+: .*trying again/);
  expect(told[1]).toMatch(/again$/);
  await second.stop();
});

test('contact that stays lost ends every request, also one made later', async () => {
  const coordinator = await start();
  const { port } = coordinator;
  await coordinator.stop();
  const { client } = clientOf(at(port), 300);
  await expect(client.watch(unknownJob, silent)).rejects.toThrow(LostContactError);
  await expect(client.cancel(unknownJob, 'test')).rejects.toThrow(/nothing listens there/);
  await expect(askJson(at(port), '/jobs')).rejects.toThrow(LostContactError);
});

test('a request that the coordinator cannot read is a mistake, not sent again', async () => {
  const coordinator = await start();
  const { client, told } = clientOf(at(coordinator.port));
  const asked = client.watch('no id of a job' as JobId, silent);
  await expect(asked).rejects.toThrow(UsageError);
  await expect(asked).rejects.toThrow(/does not take what it was sent: watch: job/);
  expect(told).toEqual([]);
  await coordinator.stop();
});
