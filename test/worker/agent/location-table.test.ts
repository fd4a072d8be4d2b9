// The worker's table of locations against a plain map of them.

import { attemptIdOf, epochOf, parseWorkerId } from '@sheaf/protocol';
import type { OutputLocation } from '@sheaf/protocol/messages';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LocationTable } from '../../../packages/worker/src/agent/location-table.ts';
import { localOutputs, outputsIn } from '../../../packages/worker/src/executor/local-outputs.ts';

const location: fc.Arbitrary<OutputLocation> = fc
  .record({
    task: fc.nat(300),
    epoch: fc.integer({ min: 1, max: 3 }),
    counter: fc.nat(1_000_000),
    worker: fc.constantFrom('wbbbbbbbb', 'wcccccccc'),
    address: fc.constantFrom('127.0.0.1:80', null),
    host: fc.constantFrom('here', 'there'),
    path: fc.constantFrom('/w/a', '/w/b'),
    at: fc.option(fc.nat(2 ** 40), { nil: undefined }),
    bytes: fc.nat(2 ** 40),
    hash: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => Buffer.from(bytes).toString('hex')),
  })
  .map(({ epoch, counter, worker, at, ...rest }) => ({
    ...rest,
    ...(at === undefined ? {} : { at }),
    attempt: attemptIdOf(epochOf(epoch), counter),
    worker: parseWorkerId(worker),
  }));

it('knows the newest location of each task, in task order, and so does a copy of what was', () => {
  fc.assert(
    fc.property(fc.array(location, { maxLength: 60 }), fc.array(location, { maxLength: 20 }), (first, second) => {
      const table = new LocationTable();
      const plain = new Map<number, OutputLocation>();
      for (const one of first) {
        table.set(one);
        plain.set(one.task, one);
      }
      const before = [...plain.values()].sort((a, b) => a.task - b.task);
      const copy = table.copy();
      for (const one of second) {
        table.set(one);
        plain.set(one.task, one);
      }
      expect([...copy]).toEqual(before);
      expect([...table]).toEqual([...plain.values()].sort((a, b) => a.task - b.task));
      expect(table.size).toBe(plain.size);
      expect(table.get(500)).toBeNull();
    }),
  );
});

it('hands an executor columns that say what the list of outputs says', () => {
  fc.assert(
    fc.property(fc.array(location, { maxLength: 60 }), list => {
      const outputs = list.map(({ task, attempt, path, at, bytes }) => ({
        task,
        attempt,
        path,
        ...(at === undefined ? {} : { at, bytes }),
      }));
      expect([...outputsIn(localOutputs(outputs))]).toEqual(outputs);
    }),
  );
});

it('holds many locations in some tens of bytes each', () => {
  const table = new LocationTable();
  const of = { worker: parseWorkerId('wbbbbbbbb'), address: '127.0.0.1:80', host: 'here', path: '/w/pack-1.runs', hash: '0'.repeat(32) };
  const tasks = 100_000;
  const before = process.memoryUsage();
  for (let task = tasks - 1; task >= 0; task--) {
    table.set({ ...of, task, attempt: attemptIdOf(epochOf(1), task), at: 400 * task, bytes: 400 });
  }
  const after = process.memoryUsage();
  expect(table.size).toBe(tasks);
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(150 * tasks);
});
