// The relay between workers: what is asked goes to the owner and its answer back, within bounds, and nothing of it is left
// when one of the two goes, or says nothing. The ends are written by hand; the last test has real links.

import { fc, test as propertyTest } from '@fast-check/vitest';
import { limits, parseAttemptId, parseJobId, parseSessionId, parseWorkerId, type WorkerId } from '@sheaf/protocol';
import type { ChunkAnswer, RelayMessage } from '@sheaf/protocol/messages';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Relay, type RelayEnd } from '../../../packages/coordinator/src/server/relay.ts';
import { LiveCoordinator } from './live-coordinator.ts';

type Asked = Extract<RelayMessage, { type: 'fetch' }>;
type Answered = Extract<RelayMessage, { type: 'fetched' }>;

const output = { job: parseJobId('jaaaaaaaaaaaa'), edge: 0, task: 1, attempt: parseAttemptId('1.1') };
const bytes: ChunkAnswer = { type: 'bytes', outputBytes: 100, bytes: new Uint8Array([1, 2, 3]) };
const refused = (why: string) => ({ type: 'refused', why });
let sessions = 0;

/** A worker with a session. What is sent to it stays in the queue of its link until `flush`, unless it reads at once. */
class End implements RelayEnd {
  readonly id = parseSessionId(`1.${++sessions}`);
  readonly worker: WorkerId;
  readonly asked: Asked[] = [];
  readonly answers: Answered[] = [];
  readsAtOnce = true;
  private readonly queue: (() => void)[] = [];
  private readonly relay: Relay;

  constructor(relay: Relay, name: string) {
    this.relay = relay;
    this.worker = parseWorkerId(`w${name.padStart(8, '0')}`);
    relay.joined(this);
  }

  readonly send = (message: RelayMessage, left: () => void = () => undefined): void => {
    if (message.type === 'fetch') this.asked.push(message);
    else this.answers.push(message);
    if (this.readsAtOnce) left();
    else this.queue.push(left);
  };

  flush(): void {
    for (const left of this.queue.splice(0)) left();
  }

  fetch(request: number, owner: { readonly worker: WorkerId }): void {
    this.relay.fetch(this, { type: 'fetch', request, worker: owner.worker, output, from: request, length: 3 });
  }

  /** Answers the oldest of what it was asked and has not answered. */
  answer(answer: ChunkAnswer = bytes): void {
    const request = this.asked.shift()?.request ?? -1;
    this.relay.fetched(this, { type: 'fetched', request, answer });
  }

  leave(): void {
    this.relay.left(this);
  }
}

function start({ graceMs = 0, waitMs = 60_000, timeoutMs = 60_000 } = {}) {
  const relay = new Relay({ graceMs, waitMs, timeoutMs });
  onTestFinished(() => relay.close());
  return { relay, ends: (...names: string[]) => names.map(name => new End(relay, name)) as [End, End, End] };
}

describe('a fetch', () => {
  it('goes to the owner, and its answer to whoever asked, each under their own numbers', () => {
    const [owner, a, b] = start().ends('a', 'b', 'c');
    a.fetch(7, owner);
    b.fetch(7, owner);
    expect(owner.asked).toEqual([1, 2].map(request => ({ type: 'fetch', request, output, from: 7, length: 3 })));
    owner.answer(refused('gone') as ChunkAnswer);
    owner.answer();
    expect(a.answers).toEqual([{ type: 'fetched', request: 7, answer: refused('gone') }]);
    expect(b.answers).toEqual([{ type: 'fetched', request: 7, answer: bytes }]);
  });

  it('of a worker that is not connected is refused; just after a start it may be on its way', () => {
    for (const [graceMs, why] of [
      [0, 'away'],
      [60_000, 'busy'],
    ] as const) {
      const [asker] = start({ graceMs }).ends('a');
      asker.fetch(1, { worker: parseWorkerId('w0000000z') });
      expect(asker.answers).toEqual([{ type: 'fetched', request: 1, answer: refused(why) }]);
    }
  });

  it('is answered once, by the worker that was asked, and only while it is waited for', () => {
    const { relay, ends } = start();
    const [owner, asker, stranger] = ends('a', 'b', 'c');
    asker.fetch(1, owner);
    const { request } = owner.asked[0] as Asked;
    relay.fetched(stranger, { type: 'fetched', request, answer: bytes });
    relay.fetched(owner, { type: 'fetched', request: request + 1, answer: bytes });
    expect(asker.answers).toEqual([]);
    for (let i = 0; i < 2; i++) relay.fetched(owner, { type: 'fetched', request, answer: bytes });
    expect(asker.answers).toHaveLength(1);
  });

  it('that the owner does not answer in time is given up, and makes room for the next', async () => {
    const { relay, ends } = start({ timeoutMs: 30 });
    const [owner, asker, next] = ends('a', 'b', 'c');
    for (let request = 1; request <= limits.relaysPerOwnerMax; request++) asker.fetch(request, owner);
    next.fetch(99, owner);
    await expect.poll(() => next.answers.length).toBe(1);
    for (const { answer } of [...asker.answers, ...next.answers]) expect(answer).toEqual(refused('silent'));
    while (owner.asked.length > 0) owner.answer();
    expect(asker.answers).toHaveLength(limits.relaysPerOwnerMax);
    relay.fetched(owner, { type: 'fetched', request: 1, answer: bytes });
    expect(asker.answers).toHaveLength(limits.relaysPerOwnerMax);
  });

  it('whose turn does not come in time is told to come back', async () => {
    const [owner, asker, last] = start({ waitMs: 20 }).ends('a', 'b', 'c');
    for (let request = 1; request <= limits.relaysPerOwnerMax; request++) asker.fetch(request, owner);
    last.fetch(99, owner);
    await expect.poll(() => last.answers).toEqual([{ type: 'fetched', request: 99, answer: refused('busy') }]);
    while (owner.asked.length > 0) owner.answer();
    expect(asker.answers.map(({ answer }) => answer)).toEqual(new Array(limits.relaysPerOwnerMax).fill(bytes));
  });
});

describe('the bounds', () => {
  it('hold for each owner: the rest waits in line, and holds up nobody else', () => {
    const [owner, other, asker] = start().ends('a', 'b', 'c');
    for (let request = 1; request <= limits.relaysPerOwnerMax + 2; request++) asker.fetch(request, owner);
    expect(owner.asked).toHaveLength(limits.relaysPerOwnerMax);
    asker.fetch(50, other);
    expect(other.asked).toHaveLength(1);
    owner.answer();
    expect(owner.asked.at(-1)?.from).toBe(limits.relaysPerOwnerMax + 1);
    expect(owner.asked).toHaveLength(limits.relaysPerOwnerMax);
  });

  it('hold for each worker that asks, until its answers have left', () => {
    const [owner, asker] = start().ends('a', 'b');
    asker.readsAtOnce = false;
    for (let request = 1; request <= limits.relaysPerAskerMax; request++) asker.fetch(request, owner);
    while (owner.asked.length > 0) owner.answer();
    expect(asker.answers).toHaveLength(limits.relaysPerAskerMax);
    asker.fetch(100, owner);
    expect(asker.answers.at(-1)).toEqual({ type: 'fetched', request: 100, answer: refused('busy') });
    asker.flush();
    asker.fetch(101, owner);
    expect(owner.asked).toHaveLength(1);
  });

  it('hold for all together', () => {
    const { ends } = start();
    const count = (2 * limits.relaysInFlightMax) / limits.relaysPerOwnerMax;
    const all = Array.from({ length: count }, (_, i) => ends(i.toString().padStart(8, '0'))[0]);
    for (const [i, asker] of all.entries()) {
      for (let request = 1; request <= limits.relaysPerOwnerMax; request++) asker.fetch(request, all[(i + 1) % count] as End);
    }
    const asked = () => all.reduce((sum, end) => sum + end.asked.length, 0);
    expect(asked()).toBe(limits.relaysInFlightMax);
    all.find(end => end.asked.length > 0)?.answer();
    expect(asked()).toBe(limits.relaysInFlightMax);
  });
});

describe('a worker that goes', () => {
  it('is away for those who asked it, whether it was asked yet or not', () => {
    const [owner, asker] = start().ends('a', 'b');
    for (let request = 1; request <= limits.relaysPerAskerMax; request++) asker.fetch(request, owner);
    expect(owner.asked.length).toBeLessThan(limits.relaysPerAskerMax);
    owner.leave();
    expect(asker.answers.map(({ answer }) => answer)).toEqual(new Array(limits.relaysPerAskerMax).fill(refused('away')));
  });

  it('takes what it asked with it, and makes room', () => {
    const [owner, gone, waits] = start().ends('a', 'b', 'c');
    gone.readsAtOnce = false;
    for (let request = 1; request <= limits.relaysPerAskerMax; request++) gone.fetch(request, owner);
    waits.fetch(50, owner);
    owner.answer();
    gone.leave();
    expect(owner.asked.at(-1)?.from).toBe(50);
    while (owner.asked.length > 0) owner.answer();
    expect(gone.answers).toHaveLength(1);
    expect(waits.answers).toEqual([{ type: 'fetched', request: 50, answer: bytes }]);
  });

  it('and has come back already is asked over its new session', () => {
    const { ends } = start();
    const [old, asker] = ends('a', 'b');
    const [fresh] = ends('a');
    old.leave();
    asker.fetch(1, fresh);
    expect([old.asked.length, fresh.asked.length]).toEqual([0, 1]);
  });
});

const move = fc.record({
  type: fc.constantFrom('fetch', 'fetch', 'fetch', 'answer', 'answer', 'flush', 'leave'),
  who: fc.nat({ max: 3 }),
  whom: fc.nat({ max: 3 }),
});

propertyTest.prop([fc.array(move, { maxLength: 200 })])('whatever happens, each fetch of a living worker is answered once', moves => {
  const { relay, ends } = start();
  const names = ['a', 'b', 'c', 'd'];
  const living = names.map(name => ends(name)[0]);
  const asked = new Map<End, number[]>(living.map(end => [end, []]));
  let requests = 0;
  for (const { type, who, whom } of moves) {
    const end = living[who] as End;
    end.readsAtOnce = false;
    if (type === 'fetch') {
      asked.get(end)?.push(++requests);
      end.fetch(requests, living[whom] as End);
    } else if (type === 'answer') end.answer();
    else if (type === 'flush') end.flush();
    else {
      end.leave();
      asked.delete(end);
      living[who] = new End(relay, names[who] as string);
      asked.set(living[who] as End, []);
    }
  }
  for (const end of living) end.readsAtOnce = true;
  for (let round = 0; round < 2 * moves.length; round++) {
    for (const end of living) {
      end.flush();
      if (end.asked.length > 0) end.answer();
    }
  }
  for (const [end, numbers] of asked) expect(end.answers.map(({ request }) => request).sort((a, b) => a - b)).toEqual(numbers);
});

it('carries the bytes of real workers', async () => {
  const live = await new LiveCoordinator().start();
  onTestFinished(() => live.end());
  const [owner, asker] = [await live.worker('w0000000a', { address: null }), await live.worker('w0000000b')];
  for (const worker of [owner, asker]) await worker.next('welcome');
  expect(await live.json('/workers')).toMatchObject([{ address: null }, { address: '127.0.0.1:1' }]);
  const chunk = { output, from: 10, length: limits.relayBytesMax };
  asker.send({ type: 'fetch', request: 5, worker: parseWorkerId('w0000000a'), ...chunk });
  const { request, ...asked } = await owner.next('fetch');
  expect(asked).toEqual({ type: 'fetch', ...chunk });
  const answer: ChunkAnswer = { type: 'bytes', outputBytes: 2 ** 40, bytes: new Uint8Array(limits.relayBytesMax).fill(7) };
  owner.send({ type: 'fetched', request, answer });
  expect(await asker.next('fetched')).toEqual({ type: 'fetched', request: 5, answer });
  asker.send({ type: 'fetch', request: 6, worker: parseWorkerId('w0000000a'), ...chunk });
  await owner.next('fetch');
  owner.cut();
  expect(await asker.next('fetched')).toMatchObject({ request: 6, answer: { type: 'refused', why: 'away' } });
});
