// The codec's goal: what we send arrives unchanged, and whatever else arrives is answered with a value, never thrown.
// Method: one message of each type, changed in every place by a value of every other kind, cut at every byte, and noise.

import { fc, test as propertyTest } from '@fast-check/vitest';
import { limits } from '@sheaf/protocol';
import {
  clientMessageSchema,
  coordinatorMessageSchema,
  decodeFrame,
  encodeMessage,
  type Schema,
  serverMessageSchema,
  workerMessageSchema,
} from '@sheaf/protocol/control-codec';
import { pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { clientMessages, coordinatorMessages, serverMessages, workerMessages } from './sample-messages.ts';

const links: readonly [string, Schema<unknown>, readonly object[]][] = [
  ['worker → coordinator', workerMessageSchema, Object.values(workerMessages)],
  ['coordinator → worker', coordinatorMessageSchema, Object.values(coordinatorMessages)],
  ['client → coordinator', clientMessageSchema, Object.values(clientMessages)],
  ['coordinator → client', serverMessageSchema, Object.values(serverMessages)],
];

const problem = (bytes: Uint8Array, schema: Schema<unknown> = workerMessageSchema): string => {
  const decoded = decodeFrame(bytes, schema);
  return decoded.type === 'malformed' ? decoded.problem : 'none';
};

describe.each(links)('%s', (_, schema, messages) => {
  it('carries each message unchanged', () => {
    for (const message of messages) expect(decodeFrame(encodeMessage(message), schema)).toEqual({ type: 'messages', messages: [message] });
  });

  it('refuses each message cut at any byte, or with a byte behind it', () => {
    for (const message of messages) {
      const bytes = encodeMessage(message);
      for (let cut = 0; cut < bytes.length; cut += 1) expect(decodeFrame(bytes.subarray(0, cut), schema).type).toBe('malformed');
      expect(problem(Uint8Array.of(...bytes, 0), schema)).toContain('behind the message');
    }
  });

  it('refuses a value of another kind, a missing field and a field too many, in every place', () => {
    for (const message of messages) {
      for (const changed of changedEverywhere(message)) {
        const decoded = decodeFrame(Uint8Array.from(pack(changed.value)), schema);
        expect(decoded.type, changed.what).toBe('malformed');
      }
    }
  });

  it('answers any flipped byte of a message with a value', () => {
    for (const message of messages) {
      const bytes = Uint8Array.from(encodeMessage(message));
      for (let at = 0; at < bytes.length; at += 1) {
        for (const flip of [0x01, 0x80, 0xff, 0x55]) {
          bytes[at] = (bytes[at] as number) ^ flip;
          expect(() => decodeFrame(bytes, schema)).not.toThrow();
          bytes[at] = (bytes[at] as number) ^ flip;
        }
      }
    }
  });
});

describe('chunks of map outputs', () => {
  const chunk = (changes: object): string => problem(encodeMessage({ ...workerMessages.fetch, ...changes }));
  const answer = (bytes: Uint8Array): string =>
    problem(encodeMessage({ type: 'fetched', request: 1, answer: { type: 'bytes', outputBytes: 2 ** 40, bytes } }));

  it('are neither empty nor larger than one message takes', () => {
    expect(chunk({ length: limits.relayBytesMax, from: 2 ** 40 })).toBe('none');
    for (const length of [0, limits.relayBytesMax + 1, 1.5]) expect(chunk({ length })).toContain('length');
    expect(answer(new Uint8Array(limits.relayBytesMax))).toBe('none');
    expect(answer(new Uint8Array(limits.relayBytesMax + 1))).toContain('bytes');
  });

  it('are named by ids alone', () => {
    const { output } = workerMessages.fetch;
    for (const part of ['job', 'attempt']) expect(chunk({ output: { ...output, [part]: '../../secret' } })).toContain(part);
    for (const part of ['edge', 'task']) expect(chunk({ output: { ...output, [part]: '3' } })).toContain(part);
    expect(chunk({ output: { ...output, path: '/etc/passwd' } })).not.toBe('none');
  });
});

describe('hostile bytes', () => {
  propertyTest.prop([fc.uint8Array({ maxLength: 200 })], { numRuns: 2000 })('noise never throws', bytes => {
    for (const [, schema] of links) expect(() => decodeFrame(bytes, schema)).not.toThrow();
  });

  propertyTest.prop([fc.constantFrom(...Array.from({ length: 256 }, (_, byte) => byte)), fc.uint8Array({ maxLength: 20 })], {
    numRuns: 2000,
  })('noise behind any type byte inside a message never throws', (byte, rest) => {
    const bytes = Uint8Array.of(0x81, 0xa4, ...Buffer.from('type'), byte, ...rest);
    expect(() => decodeFrame(bytes, workerMessageSchema)).not.toThrow();
  });

  it('refuses lengths that the frame does not hold, at once', () => {
    for (const head of [
      'dd ff ff ff ff',
      'df ff ff ff ff',
      'c6 ff ff ff ff',
      'db ff ff ff ff',
      'dc ff ff',
      'de ff ff',
      'c9 ff ff ff ff 01',
    ]) {
      expect(problem(Buffer.from(head.replaceAll(' ', ''), 'hex'))).not.toBe('none');
    }
  });

  it('refuses extension types, class values and the reserved byte', () => {
    for (const value of [/a/, new Set([1]), new Map([[1, 2]]), new Error('x'), new Date(), new Float64Array(2)]) {
      expect(problem(Uint8Array.from(pack({ type: 'heartbeat', running: value })))).not.toBe('none');
    }
    for (let type = 0; type < 256; type += 1) expect(problem(Uint8Array.of(0xd4, type, 0))).toContain('not used here');
    expect(problem(Uint8Array.of(0xc1))).toContain('0xc1');
  });

  it('refuses nesting and numbers of values past the limits', () => {
    expect(problem(new Uint8Array(20_000).fill(0x91))).toContain('nesting');
    expect(problem(new Uint8Array(limits.frameBytesMax + 1))).toContain('more than');
    const wide = new Uint8Array(limits.frameValuesMax + 10).fill(0x80);
    wide.set([0xdd, 0, 0x0f, 0x42, 0x45]);
    expect(problem(wide)).toContain('values');
  });

  it('keeps a key named __proto__ from being one', () => {
    const hostile = JSON.parse('{"type":"heartbeat","running":1,"__proto__":{"polluted":1}}');
    expect(problem(Uint8Array.from(pack(hostile)))).not.toBe('none');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('says in printable text what is wrong', () => {
    expect(problem(encodeMessage({ type: 'heartbeat', running: -1 }))).toMatch(/^heartbeat: running: /);
    expect(problem(encodeMessage({ type: '\u001b[31mred\n' }))).toMatch(/^[\x20-\x7e]+$/);
  });
});

interface Changed {
  readonly what: string;
  readonly value: unknown;
}

const otherKinds: readonly unknown[] = [null, true, -1, 2 ** 53, '\u0000?', [{}], { x: [] }, new Uint8Array([1])];

/** The message with one place after another changed, removed or added to. Fields that may be null are changed to other kinds only. */
function* changedEverywhere(value: unknown, path = ''): Generator<Changed> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  const entries = Object.entries(value);
  const rebuild = (changes: readonly (readonly [string, unknown])[]): unknown =>
    Array.isArray(value) ? changes.map(([, member]) => member) : Object.fromEntries(changes);
  const open = freelyNamed.some(name => path.endsWith(name));
  if (!Array.isArray(value) && !open) yield { what: `${path} with a field too many`, value: rebuild([...entries, ['extra', 1]]) };
  for (const [index, [name, member]] of entries.entries()) {
    const place = `${path}.${name}`;
    const put = (changed: unknown): unknown => rebuild(entries.map((entry, at) => (at === index ? [name, changed] : entry)));
    const optional = Array.isArray(value) || open || optionalFields.includes(name);
    if (!optional) yield { what: `${place} missing`, value: rebuild(entries.filter((_, at) => at !== index)) };
    for (const other of otherKinds) {
      if (kindOf(other) !== kindOf(member) && !accepts(name, other)) yield { what: `${place} = ${String(other)}`, value: put(other) };
    }
    for (const inner of changedEverywhere(member, place)) yield { what: inner.what, value: put(inner.value) };
  }
}

const freelyNamed = ['.user', '.counters', '.blobs', '.spools', '.partitions', '.producers', '.counts', '.staging', '.reads', '.hashes'];
const optionalFields = [
  'record',
  'lastSeen',
  'place',
  'stack',
  'lost',
  'file',
  'offset',
  'line',
  'preview',
  'key',
  'valueIndex',
  'outline',
  'measured',
  'joined',
];
const nullable = [
  'address',
  'sourceMap',
  'failure',
  'split',
  'packed',
  'total',
  'error',
  'startedAt',
  'endedAt',
  'place',
  'keys',
  'combiner',
  'side',
  'left',
  'right',
];

function accepts(name: string, other: unknown): boolean {
  if (other === null) return nullable.includes(name);
  return typeof other === 'number' && (name === 'bad lines' || name === 'recordsIn' || /At$|^total$/.test(name));
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return value < 0 || value >= 2 ** 53 ? 'number out of range' : 'number';
  if (typeof value === 'object') return Array.isArray(value) ? 'array' : value.constructor.name;
  return typeof value;
}
