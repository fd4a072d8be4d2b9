// What the quick checks take the schemas take too, as it is.

import { fc, test } from '@fast-check/vitest';
import { coordinatorMessageSchema, workerMessageSchema } from '@sheaf/protocol/control-codec';
import { expect, it } from 'vitest';
import { isCommonCoordinatorMessage, isCommonWorkerMessage } from '../../packages/protocol/src/messages/quick-check.ts';
import { coordinatorMessages, sampleResult, workerMessages } from './sample-messages.ts';

const { succeeded, heartbeat } = workerMessages;
const { assign, accepted } = coordinatorMessages;
const [output] = sampleResult.outputs;
const result = {
  outputs: [output, { ...output, packed: { pack: 1, at: 20 } }],
  parts: [],
  counters: { ...sampleResult.counters, user: {} },
  ...{ durationMs: 1, cpuMs: 0, peakRssBytes: 5 },
};
const common = { ...succeeded, result };

it('takes what travels for each task', () => {
  for (const message of [common, heartbeat]) expect(isCommonWorkerMessage(message)).toBe(true);
  for (const message of [assign, accepted]) expect(isCommonCoordinatorMessage(message)).toBe(true);
  expect(isCommonWorkerMessage(succeeded), 'a result with parts').toBe(false);
});

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, -1, 1.5, 2 ** 53, Number.NaN, '', 'x', '/x\0', [], {}, [1], { 0: 1 }, { from: 0 }, true),
  fc.jsonValue(),
);
/** Where the message is changed: a path of choices, and whether a field is replaced, added or taken away. */
const change = fc.record({ path: fc.array(fc.nat(20), { maxLength: 5 }), how: fc.constantFrom('replace', 'add', 'remove'), to: odd });

function changed(value: unknown, { path, how, to }: { path: readonly number[]; how: string; to: unknown }): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return to;
  const copy = structuredClone(value) as { [name: string]: unknown };
  const keys = Object.keys(copy);
  const key = keys[step % Math.max(1, keys.length)] ?? (Array.isArray(copy) ? '0' : 'x');
  if (rest.length > 0) copy[key] = changed(copy[key], { path: rest, how, to });
  else if (how === 'replace') copy[key] = to;
  else if (how === 'add') Array.isArray(copy) ? copy.push(to) : Object.assign(copy, { more: to });
  else if (Array.isArray(copy)) copy.pop();
  else delete copy[key];
  return copy;
}

test.prop([fc.constantFrom<unknown>(common, heartbeat), fc.array(change, { maxLength: 2 })], { numRuns: 3000 })(
  'takes of a worker only what its schema takes',
  (message, changes) => {
    const value = changes.reduce(changed, message);
    if (isCommonWorkerMessage(value)) expect(workerMessageSchema.parse(value)).toEqual(value);
  },
);

test.prop([fc.constantFrom<unknown>(assign, accepted), fc.array(change, { maxLength: 2 })], { numRuns: 3000 })(
  'takes of a coordinator only what its schema takes',
  (message, changes) => {
    const value = changes.reduce(changed, message);
    if (isCommonCoordinatorMessage(value)) expect(coordinatorMessageSchema.parse(value)).toEqual(value);
  },
);
