// A client's conversation with a coordinator: one WebSocket that is made again when it breaks, requests that are sent again
// on the new one. Every request may be repeated: a submission carries its job's id, watching and cancelling change nothing
// twice. After `limits.clientReconnectMs` without a connection every open request ends with LostContactError.

import { type JobId, limits, UsageError } from '@sheaf/protocol';
import { closeCodes, decodeFrame, encodeMessage, protocolVersion, serverMessageSchema } from '@sheaf/protocol/control-codec';
import type { ClientMessage, JobNote, JobStatus, ServerMessage, Submission } from '@sheaf/protocol/messages';
import { WebSocket } from 'ws';
import { addressText, type CoordinatorAddress } from './coordinator-address.ts';
import { connectionProblem, LostContactError } from './lost-contact.ts';
import { RejectedError } from './rejected-error.ts';

export interface ClientOptions {
  readonly address: CoordinatorAddress;
  readonly version: string;
  /** Told once when the connection is lost or cannot be made, and once when it is there again. */
  readonly onContact: (text: string) => void;
  /** How long a connection is tried for. Default `limits.clientReconnectMs`. */
  readonly reconnectMs?: number;
}

export interface Watcher {
  status(status: JobStatus): void;
  note(note: JobNote): void;
}

type Request = Exclude<ClientMessage, { readonly type: 'client-hello' }>;

interface OpenRequest {
  readonly message: Request;
  /** True when the answer closes the request. */
  answered(answer: ServerMessage): boolean;
  failed(error: Error): void;
}

/** The WebSocket's own close code for a message beyond the other end's limit. */
const messageTooBig = 1009;

const finalStates: ReadonlySet<JobStatus['state']> = new Set(['succeeded', 'failed', 'cancelled']);

export class CoordinatorClient {
  private readonly options: ClientOptions;
  private readonly reconnectMs: number;
  private readonly open = new Map<number, OpenRequest>();
  private socket: WebSocket | null = null;
  private welcomed = false;
  /** Why there is no more talking; null while there is. */
  private ended: Error | null = null;
  private lastRequest = 0;
  /** When the connection was lost, or first asked for; null while there is one. */
  private awaySince: number | null = performance.now();
  private toldAway = false;
  private delayMs: number = limits.reconnectDelayMs;
  private retryTimer: NodeJS.Timeout | undefined;
  private silenceTimer: NodeJS.Timeout | undefined;

  constructor(options: ClientOptions) {
    this.options = options;
    this.reconnectMs = options.reconnectMs ?? limits.clientReconnectMs;
    this.connect();
  }

  /** The job is accepted and durable when this resolves. Throws RejectedError. */
  submit(submission: Submission): Promise<JobId> {
    return new Promise((resolve, reject) => {
      this.request(request => ({ type: 'submit', request, submission }), {
        answered: answer => {
          if (answer.type === 'submitted') resolve(answer.job);
          return answer.type === 'submitted';
        },
        failed: reject,
      });
    });
  }

  /** The wish to cancel has been heard; how the job ends is for a watcher to see. Throws RejectedError. */
  cancel(job: JobId, reason: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.request(request => ({ type: 'cancel', request, job, reason }), {
        answered: () => {
          resolve();
          return true;
        },
        failed: reject,
      });
    });
  }

  /** Tells the watcher how the job goes on, until its end: its last status. Throws RejectedError for a job nobody knows. */
  watch(job: JobId, watcher: Watcher): Promise<JobStatus> {
    return new Promise((resolve, reject) => {
      this.request(request => ({ type: 'watch', request, job }), {
        answered: answer => {
          if (answer.type === 'note') watcher.note(answer.note);
          if (answer.type !== 'status') return false;
          watcher.status(answer.status);
          const ended = finalStates.has(answer.status.state);
          if (ended) resolve(answer.status);
          return ended;
        },
        failed: reject,
      });
    });
  }

  /** Leaves the coordinator; open requests are dropped. */
  close(): void {
    this.ended ??= new Error('the client was closed');
    clearTimeout(this.retryTimer);
    clearTimeout(this.silenceTimer);
    this.open.clear();
    this.socket?.close();
    // A coordinator that does not answer the close is not waited for.
    const { socket } = this;
    setTimeout(() => socket?.terminate(), limits.reconnectDelayMs).unref();
  }

  private request(messageOf: (request: number) => Request, handlers: Omit<OpenRequest, 'message'>): void {
    this.lastRequest += 1;
    const message = messageOf(this.lastRequest);
    if (this.ended !== null) {
      handlers.failed(this.ended);
      return;
    }
    this.open.set(message.request, { message, ...handlers });
    if (this.welcomed) this.send(message);
  }

  private connect(): void {
    const { address } = this.options;
    const headers = address.token === null ? {} : { authorization: `Bearer ${address.token}` };
    const socket = new WebSocket(`${addressText(address)}/client`, {
      headers,
      maxPayload: limits.frameBytesMax,
      perMessageDeflate: false,
      handshakeTimeout: limits.helloDeadlineMs,
    });
    this.socket = socket;
    let problem = 'the connection was closed';
    socket.on('open', () => this.send({ type: 'client-hello', protocol: protocolVersion, version: this.options.version }));
    socket.on('message', data => this.received(data as Buffer));
    socket.on('ping', () => this.heard());
    socket.on('pong', () => this.heard());
    socket.on('unexpected-response', (_, response) => {
      socket.terminate();
      this.refusedByHttp(response.statusCode ?? 0);
    });
    socket.on('error', error => {
      problem = connectionProblem(error);
    });
    socket.on('close', (code, reason) => {
      const text = reason.length > 0 ? reason.toString('utf8') : problem;
      if (code === closeCodes.malformed || code === messageTooBig) this.notUnderstood(text);
      else this.disconnected(text);
    });
  }

  private send(message: ClientMessage): void {
    this.socket?.send(encodeMessage(message));
  }

  private received(data: Buffer): void {
    this.heard();
    const decoded = decodeFrame(data, serverMessageSchema);
    if (decoded.type === 'malformed') {
      this.giveUp(new UsageError(`what answers at ${addressText(this.options.address)} speaks another language: ${decoded.problem}`));
      return;
    }
    for (const message of decoded.messages) {
      if (message.type === 'client-welcome') this.connected();
      else if (message.type === 'refused') this.refused(message);
      else this.answered(message);
    }
  }

  private answered(answer: Exclude<ServerMessage, { readonly type: 'client-welcome' | 'refused' }>): void {
    const request = this.open.get(answer.request);
    if (request === undefined) return;
    if (answer.type === 'rejected') {
      this.open.delete(answer.request);
      request.failed(new RejectedError(answer.kind, answer.failure));
    } else if (request.answered(answer)) this.open.delete(answer.request);
  }

  private connected(): void {
    this.welcomed = true;
    this.awaySince = null;
    this.delayMs = limits.reconnectDelayMs;
    if (this.toldAway) this.options.onContact(`in contact with the coordinator at ${addressText(this.options.address)} again`);
    this.toldAway = false;
    for (const { message } of this.open.values()) this.send(message);
  }

  private refused({ message, retry }: { readonly message: string; readonly retry: boolean }): void {
    if (!retry) this.giveUp(new UsageError(`the coordinator at ${addressText(this.options.address)} refused: ${message}`));
  }

  private refusedByHttp(status: number): void {
    const at = addressText(this.options.address);
    if (status === 401 || status === 403) {
      this.giveUp(new UsageError(`${at} refused the token; name the right one with --token-file or SHEAF_TOKEN_FILE`));
    } else if (status < 500) this.giveUp(new UsageError(`what answers at ${at} is no Sheaf coordinator`));
  }

  /** What was sent will not be read however often it is sent again. */
  private notUnderstood(problem: string): void {
    this.giveUp(new UsageError(`the coordinator at ${addressText(this.options.address)} does not take what it was sent: ${problem}`));
  }

  private disconnected(problem: string): void {
    this.welcomed = false;
    clearTimeout(this.silenceTimer);
    if (this.ended !== null) return;
    const now = performance.now();
    this.awaySince ??= now;
    const at = addressText(this.options.address);
    if (now - this.awaySince >= this.reconnectMs) {
      this.giveUp(new LostContactError(`no contact with the coordinator at ${at} for ${this.reconnectMs / 1000} s: ${problem}`));
      return;
    }
    if (!this.toldAway)
      this.options.onContact(`no contact with the coordinator at ${at}: ${problem}; trying again for ${this.reconnectMs / 1000} s`);
    this.toldAway = true;
    this.retryTimer = setTimeout(() => this.connect(), this.delayMs);
    this.delayMs = Math.min(2 * this.delayMs, limits.clientReconnectDelayMsMax);
  }

  /** The other end is there. When it stays silent, it is asked; when it does not answer that either, the connection is dead. */
  private heard(): void {
    clearTimeout(this.silenceTimer);
    if (this.ended !== null) return;
    this.silenceTimer = setTimeout(() => {
      this.socket?.ping();
      this.silenceTimer = setTimeout(() => this.socket?.terminate(), limits.heartbeatTimeoutMs);
    }, limits.heartbeatIntervalMs);
  }

  private giveUp(error: Error): void {
    const requests = [...this.open.values()];
    this.ended = error;
    this.close();
    for (const request of requests) request.failed(error);
  }
}
