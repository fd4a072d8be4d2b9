// The address that a worker serves on when it is not told one: the near end of the route to its coordinator.

import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { isWildcard, ownAddressTowards } from '../../../packages/sheaf/src/cli/own-address.ts';

const towards = (host: string): Promise<string> => ownAddressTowards({ host, port: 7077, secure: false, token: null });

test('loopback leads to loopback', async () => {
  expect(await towards('127.0.0.1')).toBe('127.0.0.1');
  expect(await towards('localhost')).toBe('127.0.0.1');
});

test('any other address leads to one of this machine, and nowhere to loopback', async () => {
  const own = Object.values(networkInterfaces()).flatMap(addresses => addresses?.map(({ address }) => address) ?? []);
  expect([...own, '127.0.0.1']).toContain(await towards('192.0.2.1'));
  expect(await towards('no-such-host.invalid')).toBe('127.0.0.1');
});

test('an address that stands for all of them is told apart', () => {
  expect(['0.0.0.0', '::', '127.0.0.1', '10.0.0.1'].map(isWildcard)).toEqual([true, true, false, false]);
});
