// One connection to the coordinator: typed messages over a WebSocket. It says once that it is open, and once that it is
// closed, whatever happened; when to connect again is the agent's to say. A coordinator that says nothing for
// `heartbeatTimeoutMs`, not even a pong, is taken for lost, but not for the time that this process itself stood still.

import { limits } from '@sheaf/protocol';
import { closeCodes, coordinatorMessageSchema, decodeFrame, encodeMessage, Outbox } from '@sheaf/protocol/control-codec';
import type { CoordinatorMessage, WorkerMessage } from '@sheaf/protocol/messages';
import { type RawData, WebSocket } from 'ws';

export interface LinkOptions {
  /** `ws://host:port`; the path of the workers' door is added. */
  readonly coordinatorUrl: string;
  readonly token: string | null;
  /** This worker has been welcomed there before, so that a refusal of the upgrade will pass, as when a proxy restarts. */
  readonly isKnown: boolean;
  /** After so long without a sign of life the coordinator is taken for lost. Default `limits.heartbeatTimeoutMs`. */
  readonly silenceMsMax?: number;
  readonly onOpen: () => void;
  readonly onMessage: (message: CoordinatorMessage) => void;
  /** Told once, when nothing more comes. */
  readonly onClosed: (reason: string) => void;
}

/** Answers to the upgrade that asking again will not change, unless it went well before. */
const permanentStatuses: ReadonlySet<number> = new Set([401, 403, 404, 421]);

export class CoordinatorLink {
  private readonly socket: WebSocket;
  private readonly options: LinkOptions;
  private readonly outbox: Outbox;
  private readonly pulse: NodeJS.Timeout;
  private heardAt: number = performance.now();
  private sentAt = 0;
  private beatAt: number = performance.now();
  private isClosed = false;
  /** The first cause is the true one: what follows it is only the socket's end. */
  private reason: string | null = null;

  constructor(options: LinkOptions) {
    this.options = options;
    this.socket = new WebSocket(new URL('/worker', options.coordinatorUrl), {
      perMessageDeflate: false,
      maxPayload: limits.frameBytesMax,
      handshakeTimeout: limits.helloDeadlineMs,
      headers: options.token === null ? {} : { authorization: `Bearer ${options.token}` },
    });
    this.outbox = new Outbox({
      send: ({ bytes, left }) => {
        this.sentAt = performance.now();
        this.socket.send(bytes, () => left());
      },
      flushSoon: () => this.flushSoon(),
    });
    this.pulse = setInterval(() => this.beat(), limits.heartbeatIntervalMs);
    this.socket.on('open', () => options.onOpen());
    this.socket.on('message', (data, isBinary) => this.received(data, isBinary));
    this.socket.on('ping', () => this.heard());
    this.socket.on('pong', () => this.heard());
    this.socket.on('unexpected-response', (_, response) => this.refusedUpgrade(response.statusCode ?? 0));
    this.socket.on('error', error => {
      this.reason ??= error.message;
    });
    this.socket.on('close', (_, reason) => this.closed(reason.toString('utf8')));
  }

  /**
   * Sends, unless the link is closing. A coordinator that reads too slowly loses the link, so that nothing piles up here.
   * `left` is told when the message has left this process, or never will.
   */
  send(message: WorkerMessage, left: (() => void) | null = null): void {
    const isOpen = this.socket.readyState === WebSocket.OPEN;
    const bytes = isOpen ? encodeMessage(message) : new Uint8Array();
    const isTooSlow = this.socket.bufferedAmount + this.outbox.waitingBytes + bytes.length > limits.sendQueueBytesMax;
    if (isOpen && !isTooSlow) {
      this.outbox.add(bytes, left);
      return;
    }
    if (isOpen) this.cut('the coordinator reads too slowly');
    left?.();
  }

  /** Ends the link; what was sent before still goes out, within a deadline. */
  close(): void {
    if (this.isClosed) return;
    this.reason ??= 'the worker has closed it';
    this.outbox.flush();
    this.socket.close(closeCodes.goingAway, 'the worker closes the link');
    setTimeout(() => this.socket.terminate(), limits.lostConnectionGraceMs).unref();
  }

  /** At once, or a little after the last frame: results of short tasks come one by one, and travel together. */
  private flushSoon(): void {
    const waitMs = this.sentAt + limits.gatherMs - performance.now();
    if (waitMs <= 0) setImmediate(() => this.outbox.flush());
    else setTimeout(() => this.outbox.flush(), waitMs);
  }

  private cut(reason: string): void {
    this.reason ??= reason;
    this.socket.terminate();
  }

  private beat(): void {
    const now = performance.now();
    // After a stop of this very process, what came meanwhile is read before the coordinator is judged.
    const lateMs = now - this.beatAt - limits.heartbeatIntervalMs;
    if (lateMs > limits.stallToleranceMs) this.heardAt = Math.min(now, this.heardAt + lateMs);
    this.beatAt = now;
    if (now - this.heardAt >= (this.options.silenceMsMax ?? limits.heartbeatTimeoutMs)) this.cut('the coordinator is silent');
    else if (this.socket.readyState === WebSocket.OPEN) this.socket.ping();
  }

  private heard(): void {
    this.heardAt = performance.now();
  }

  private received(data: RawData, isBinary: boolean): void {
    this.heard();
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const decoded = decodeFrame(isBinary ? (data as Buffer) : new Uint8Array(), coordinatorMessageSchema);
    if (decoded.type === 'messages') {
      for (const message of decoded.messages) this.options.onMessage(message);
      return;
    }
    this.reason ??= `a malformed message: ${decoded.problem}`;
    this.socket.close(closeCodes.malformed, Buffer.from(decoded.problem).subarray(0, 123));
  }

  private refusedUpgrade(status: number): void {
    if (permanentStatuses.has(status)) {
      const message =
        status === 401 ? 'the token is missing or wrong' : `it answers ${status}: is ${this.options.coordinatorUrl} a coordinator?`;
      this.options.onMessage({ type: 'refused', code: `HTTP_${status}`, message, retry: this.options.isKnown });
    }
    this.cut(`the coordinator answers ${status}`);
  }

  private closed(farewell: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.pulse);
    this.options.onClosed(this.reason ?? (farewell === '' ? 'the connection was lost' : farewell));
  }
}
