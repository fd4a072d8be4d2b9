// Carries bytes of map outputs between workers that cannot reach each other: a `fetch` of one goes to the other, its `fetched`
// goes back. Each owner is asked for a few chunks at once, and so are all together; the rest wait here as requests, without
// bytes. An exchange counts until its answer has left for the worker that asked, so no more bytes than those of
// `relaysInFlightMax` chunks are ever here. Every state of an exchange has a deadline, and it ends with either of its sessions.

import { limits, type SessionId, type WorkerId } from '@sheaf/protocol';
import type { ChunkAnswer, ChunkRefusal, RelayMessage, WorkerMessage } from '@sheaf/protocol/messages';

/** A worker's session, as far as it matters here. */
export interface RelayEnd {
  readonly id: SessionId;
  readonly worker: WorkerId;
  /** `left` is told when the message has left this process, or never will. */
  readonly send: (message: RelayMessage, left?: () => void) => void;
}

type Fetch = Extract<WorkerMessage, { readonly type: 'fetch' }>;
type Fetched = Extract<WorkerMessage, { readonly type: 'fetched' }>;

interface Exchange {
  /** What the owner is asked under. */
  readonly number: number;
  readonly asker: RelayEnd;
  readonly owner: RelayEnd;
  readonly fetch: Fetch;
  /** Of its state. */
  deadline: NodeJS.Timeout;
  state: 'waiting' | 'asked' | 'answering';
}

export interface RelayOptions {
  /** For this long after its start, a coordinator does not say that a worker is away: it may be on its way back. */
  readonly graceMs: number;
  /** How long an exchange waits for its turn. */
  readonly waitMs: number;
  /** How long it then waits for the owner, and its answer to leave. */
  readonly timeoutMs: number;
}

const defaults: RelayOptions = {
  graceMs: limits.restartGraceMs,
  waitMs: limits.relayWaitMs,
  timeoutMs: limits.relayTimeoutMs,
};

export class Relay {
  private readonly options: RelayOptions;
  private readonly startedAtMs: number = performance.now();
  private readonly ends = new Map<WorkerId, RelayEnd>();
  private readonly exchanges = new Map<number, Exchange>();
  /** In order of asking. */
  private readonly waiting = new Set<Exchange>();
  /** By session: how many it has open as the one that asks, and as the one that is asked. */
  private readonly open = new Tally();
  private readonly asked = new Tally();
  private inFlight = 0;
  private requestsMade = 0;

  constructor(options: RelayOptions = defaults) {
    this.options = options;
  }

  /** A worker has a session; a newer one takes the place of an older. */
  joined(end: RelayEnd): void {
    this.ends.set(end.worker, end);
  }

  /** Its session is over: nobody waits for its answers, nor it for any. */
  left({ id, worker }: RelayEnd): void {
    if (this.ends.get(worker)?.id === id) this.ends.delete(worker);
    for (const exchange of [...this.exchanges.values()]) {
      if (exchange.asker.id === id) this.end(exchange);
      else if (exchange.owner.id === id && exchange.state !== 'answering') this.refuse(exchange, 'away');
    }
    this.askNext();
  }

  /** A worker wants bytes of an output of another one. */
  fetch(asker: RelayEnd, fetch: Fetch): void {
    const refusal = this.refusalOf(asker, fetch);
    if (refusal !== null) {
      asker.send({ type: 'fetched', request: fetch.request, answer: { type: 'refused', why: refusal } });
      return;
    }
    const owner = this.ends.get(fetch.worker) as RelayEnd;
    this.requestsMade += 1;
    const number = this.requestsMade;
    const exchange: Exchange = { number, asker, owner, fetch, deadline: this.deadlineOf(number, this.options.waitMs), state: 'waiting' };
    this.exchanges.set(number, exchange);
    this.open.add(asker.id, 1);
    this.waiting.add(exchange);
    this.askNext();
  }

  /** A worker has answered; unless it is too late, the answer goes to the one that asked. */
  fetched(owner: RelayEnd, { request, answer }: Fetched): void {
    const exchange = this.exchanges.get(request);
    if (exchange?.owner.id !== owner.id || exchange.state !== 'asked') return;
    this.answer(exchange, answer);
    this.askNext();
  }

  /** Forgets everything. */
  close(): void {
    for (const exchange of [...this.exchanges.values()]) this.end(exchange);
    this.ends.clear();
  }

  private refusalOf(asker: RelayEnd, { worker }: Fetch): ChunkRefusal | null {
    if (this.open.of(asker.id) >= limits.relaysPerAskerMax || this.waiting.size >= limits.relaysWaitingMax) return 'busy';
    if (this.ends.has(worker)) return null;
    return performance.now() - this.startedAtMs < this.options.graceMs ? 'busy' : 'away';
  }

  /** Passes on what there is room for, in order of asking; who waits for a busy owner holds up nobody else. */
  private askNext(): void {
    for (const exchange of this.waiting) {
      if (this.inFlight >= limits.relaysInFlightMax) return;
      const { owner, fetch } = exchange;
      if (this.asked.of(owner.id) >= limits.relaysPerOwnerMax) continue;
      this.waiting.delete(exchange);
      exchange.state = 'asked';
      this.renewDeadline(exchange);
      this.asked.add(owner.id, 1);
      this.inFlight += 1;
      const { output, from, length } = fetch;
      owner.send({ type: 'fetch', request: exchange.number, output, from, length });
    }
  }

  /** The owner has done its part; the exchange ends when the answer has left. */
  private answer(exchange: Exchange, answer: ChunkAnswer): void {
    exchange.state = 'answering';
    this.renewDeadline(exchange);
    this.asked.add(exchange.owner.id, -1);
    exchange.asker.send({ type: 'fetched', request: exchange.fetch.request, answer }, () => {
      this.end(exchange);
      this.askNext();
    });
  }

  private deadlineOf(number: number, ms: number): NodeJS.Timeout {
    return setTimeout(() => this.expire(number), ms);
  }

  private renewDeadline(exchange: Exchange): void {
    clearTimeout(exchange.deadline);
    exchange.deadline = this.deadlineOf(exchange.number, this.options.timeoutMs);
  }

  private refuse(exchange: Exchange, why: ChunkRefusal): void {
    this.end(exchange);
    exchange.asker.send({ type: 'fetched', request: exchange.fetch.request, answer: { type: 'refused', why } });
  }

  private expire(number: number): void {
    const exchange = this.exchanges.get(number);
    if (exchange === undefined) return;
    // An answer that does not leave lies in the bounded queue of a link that is not read.
    if (exchange.state === 'answering') this.end(exchange);
    else this.refuse(exchange, exchange.state === 'waiting' ? 'busy' : 'silent');
    this.askNext();
  }

  /** Gives back whatever the exchange holds. */
  private end(exchange: Exchange): void {
    if (!this.exchanges.delete(exchange.number)) return;
    clearTimeout(exchange.deadline);
    this.open.add(exchange.asker.id, -1);
    if (exchange.state === 'waiting') this.waiting.delete(exchange);
    else this.inFlight -= 1;
    if (exchange.state === 'asked') this.asked.add(exchange.owner.id, -1);
  }
}

/** Counts by session; what is at zero takes no room. */
class Tally {
  private readonly counts = new Map<SessionId, number>();

  of(id: SessionId): number {
    return this.counts.get(id) ?? 0;
  }

  add(id: SessionId, count: number): void {
    const sum = this.of(id) + count;
    if (sum === 0) this.counts.delete(id);
    else this.counts.set(id, sum);
  }
}
