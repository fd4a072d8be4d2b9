// The links of workers: a hello within its deadline becomes a session, every message after it an event of that session.
// The scheduler decides on everything else; what it sends to a session that is gone goes nowhere.

import { type AttemptId, type Epoch, limits, type SessionId, sessionIdOf, type WorkerId } from '@sheaf/protocol';
import { closeCodes, protocolVersion, workerMessageSchema } from '@sheaf/protocol/control-codec';
import type { CoordinatorMessage, WorkerMessage } from '@sheaf/protocol/messages';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { WorkerOrder } from '../scheduler/index.ts';
import type { KnownAttempts } from './attempts.ts';
import { Link } from './link.ts';
import type { Told } from './loop.ts';
import { Relay, type RelayEnd } from './relay.ts';

type Hello = Extract<WorkerMessage, { readonly type: 'hello' }>;
type AfterHello = Exclude<WorkerMessage, Hello>;

interface Session extends RelayEnd {
  readonly link: Link<WorkerMessage, CoordinatorMessage>;
}

interface LogRequest {
  readonly session: SessionId;
  readonly resolve: (text: string | null) => void;
}

export interface WorkerLinksOptions {
  readonly epoch: Epoch;
  readonly version: string;
  readonly logger: Logger;
  readonly attempts: KnownAttempts;
  readonly tell: (event: Told) => void;
}

export class WorkerLinks {
  private readonly options: WorkerLinksOptions;
  private readonly sessions = new Map<SessionId, Session>();
  private readonly links = new Set<Link<WorkerMessage, CoordinatorMessage>>();
  private readonly relay = new Relay();
  private readonly logRequests = new Map<number, LogRequest>();
  private sessionsMade = 0;
  private requestsMade = 0;

  constructor(options: WorkerLinksOptions) {
    this.options = options;
  }

  /** A new connection. It has a session once its hello has come. */
  accept(socket: WebSocket, peer: string): void {
    const logger = this.options.logger.child({ peer });
    let session: Session | null = null;
    const link: Link<WorkerMessage, CoordinatorMessage> = new Link({
      ...{ socket, schema: workerMessageSchema, logger },
      onMessage: message => {
        if (session !== null && message.type !== 'hello') this.received(session, message);
        else if (session === null && message.type === 'hello') session = this.welcome(link, message);
        else link.close(closeCodes.unexpected, `${message.type} has no place here`);
      },
      onClosed: reason => {
        clearTimeout(deadline);
        this.links.delete(link);
        if (session !== null) this.ended(session, reason);
      },
    });
    const deadline = setTimeout(() => {
      if (session === null) link.close(closeCodes.unexpected, `no hello within ${limits.helloDeadlineMs} ms`);
    }, limits.helloDeadlineMs);
    this.links.add(link);
  }

  send(id: SessionId, message: WorkerOrder): void {
    const session = this.sessions.get(id);
    if (session === undefined) return;
    if (message.type === 'assign') this.options.attempts.add(message.assignment, session.worker);
    session.link.send(message);
  }

  /** Closes the connection of a session; its events, from now on, are nobody's. */
  end(id: SessionId, reason: string): void {
    const session = this.sessions.get(id);
    if (session === undefined) return;
    this.sessions.delete(id);
    session.link.close(closeCodes.sessionEnded, reason);
  }

  /** What an attempt printed and logged, from the worker it ran on; null when that worker is not there or does not answer. */
  readLog(worker: WorkerId, attempt: AttemptId): Promise<string | null> {
    const session = [...this.sessions.values()].findLast(candidate => candidate.worker === worker);
    if (session === undefined) return Promise.resolve(null);
    this.requestsMade += 1;
    const request = this.requestsMade;
    return new Promise(resolve => {
      const deadline = setTimeout(() => this.answerLog(request, null), limits.logReadTimeoutMs);
      this.logRequests.set(request, {
        session: session.id,
        resolve: text => {
          clearTimeout(deadline);
          resolve(text);
        },
      });
      session.link.send({ type: 'read-log', request, attempt, bytesMax: limits.logBytesPerAttemptMax });
    });
  }

  /** Called every `limits.heartbeatIntervalMs`. The scheduler gives up silent workers; this ends connections without a session. */
  beat(): void {
    for (const link of this.links) link.ping();
  }

  /** Ends every link. Their sessions end with this coordinator, so the scheduler is not told. */
  close(): void {
    this.sessions.clear();
    this.relay.close();
    for (const link of this.links) link.close(closeCodes.goingAway, 'the coordinator is shutting down');
  }

  private welcome(link: Link<WorkerMessage, CoordinatorMessage>, hello: Hello): Session | null {
    const { version } = this.options;
    if (hello.protocol !== protocolVersion) {
      const message = `the worker (Sheaf ${hello.version}) speaks protocol ${hello.protocol}, the coordinator (Sheaf ${version}) protocol ${protocolVersion}`;
      link.send({ type: 'refused', code: 'E_VERSION', message, retry: false });
      link.close(closeCodes.version, 'another protocol version');
      return null;
    }
    this.sessionsMade += 1;
    const id = sessionIdOf(this.options.epoch, this.sessionsMade);
    const session: Session = { id, worker: hello.worker, link, send: (message, left) => link.send(message, left) };
    this.sessions.set(id, session);
    this.relay.joined(session);
    for (const known of [...hello.held, ...hello.running]) this.options.attempts.add(known, hello.worker);
    const { worker, host, pid, slots, labels, address, directory, held, running } = hello;
    this.options.logger.info({ worker, session: id, host, pid, slots, held: held.length, running: running.length }, 'a worker joined');
    this.options.tell({
      ...{ type: 'worker-joined', cause: 'its hello', session: id, held, running },
      worker: { id: worker, host, pid, slots, labels, address, directory },
    });
    return session;
  }

  private received(session: Session, message: AfterHello): void {
    const { id, worker } = session;
    if (!this.sessions.has(id)) return;
    const from = { session: id, cause: `${message.type} of ${worker}` } as const;
    switch (message.type) {
      case 'heartbeat':
        this.options.tell({ ...from, type: 'worker-heard' });
        return;
      case 'progress':
        this.options.tell({ ...from, type: 'attempts-progressed', attempts: message.attempts });
        return;
      case 'succeeded': {
        const { type: _, result, ...name } = message;
        this.options.tell({ ...from, type: 'attempt-succeeded', name, result });
        return;
      }
      case 'failed': {
        const { type: _, failure, durationMs: __, ...name } = message;
        this.options.tell({ ...from, type: 'attempt-failed', name, failure });
        return;
      }
      case 'job-opened':
        this.options.tell({ ...from, type: 'job-opened-on-worker', job: message.job, failure: message.failure });
        return;
      case 'draining':
        this.options.tell({ ...from, type: 'worker-draining' });
        return;
      case 'log-lines':
        if (this.logRequests.get(message.request)?.session === id) this.answerLog(message.request, message.text);
        return;
      // A heartbeat may be a while behind bytes that are relayed: they are a sign of life too.
      case 'fetch':
        this.options.tell({ ...from, type: 'worker-heard' });
        this.relay.fetch(session, message);
        return;
      case 'fetched':
        this.options.tell({ ...from, type: 'worker-heard' });
        this.relay.fetched(session, message);
        return;
      default:
        message satisfies never;
    }
  }

  private ended(session: Session, reason: string): void {
    const { id, worker } = session;
    this.relay.left(session);
    for (const [request, { session }] of this.logRequests) if (session === id) this.answerLog(request, null);
    if (!this.sessions.delete(id)) return;
    this.options.logger.info({ worker, session: id, reason }, 'a worker disconnected');
    this.options.tell({ type: 'worker-disconnected', cause: reason, session: id });
  }

  private answerLog(request: number, text: string | null): void {
    const waiting = this.logRequests.get(request);
    this.logRequests.delete(request);
    waiting?.resolve(text);
  }
}
