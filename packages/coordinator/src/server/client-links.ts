// The links of clients: a hello, then requests, each answered under its own number. A client that goes away takes its
// watches with it and nothing else: its jobs run on.

import { type Epoch, type JobId, limits } from '@sheaf/protocol';
import { clientMessageSchema, closeCodes, protocolVersion } from '@sheaf/protocol/control-codec';
import type { ClientMessage, JobStatus, ServerMessage } from '@sheaf/protocol/messages';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { CancelVerdict } from '../scheduler/index.ts';
import { Link } from './link.ts';
import type { Told } from './loop.ts';
import type { Submissions } from './submissions.ts';
import type { Watches } from './watches.ts';

type Request = Exclude<ClientMessage, { readonly type: 'client-hello' }>;
type Send = (message: ServerMessage) => void;

export interface ClientLinksOptions {
  readonly epoch: Epoch;
  readonly version: string;
  readonly logger: Logger;
  readonly submissions: Submissions;
  readonly watches: Watches;
  readonly statusOf: (job: JobId) => JobStatus | null;
  readonly tell: (event: Told) => void;
}

export class ClientLinks {
  private readonly options: ClientLinksOptions;
  private readonly links = new Set<Link<ClientMessage, ServerMessage>>();
  private readonly cancels = new Map<number, { readonly send: Send; readonly request: number }>();
  private cancelsMade = 0;

  constructor(options: ClientLinksOptions) {
    this.options = options;
  }

  accept(socket: WebSocket, peer: string): void {
    const logger = this.options.logger.child({ peer });
    const endings = new Set<() => void>();
    let isWelcome = false;
    const link: Link<ClientMessage, ServerMessage> = new Link({
      ...{ socket, schema: clientMessageSchema, logger },
      onMessage: message => {
        if (isWelcome === (message.type === 'client-hello')) link.close(closeCodes.unexpected, `${message.type} has no place here`);
        else if (message.type === 'client-hello') isWelcome = this.welcome(link, message);
        else this.requested(message, reply => link.send(reply), endings);
      },
      onClosed: () => {
        clearTimeout(deadline);
        this.links.delete(link);
        for (const end of endings) end();
      },
    });
    const deadline = setTimeout(() => {
      if (!isWelcome) link.close(closeCodes.unexpected, `no hello within ${limits.helloDeadlineMs} ms`);
    }, limits.helloDeadlineMs);
    this.links.add(link);
  }

  /** Answers a request to cancel with how the job stands now; how it ends is for a watcher to see. */
  answerCancel(number: number, job: JobId, verdict: CancelVerdict): void {
    const cancel = this.cancels.get(number);
    this.cancels.delete(number);
    if (cancel === undefined) return;
    const status = verdict === 'unknown-job' ? null : this.options.statusOf(job);
    cancel.send(status === null ? unknownJob(cancel.request, job) : { type: 'status', request: cancel.request, status });
  }

  /** Called every `limits.heartbeatIntervalMs`. */
  beat(): void {
    for (const link of this.links) {
      if (link.silentMs() > limits.heartbeatTimeoutMs) link.close(closeCodes.sessionEnded, 'silent for too long');
      else link.ping();
    }
  }

  close(): void {
    for (const link of this.links) link.close(closeCodes.goingAway, 'the coordinator is shutting down');
  }

  private welcome(link: Link<ClientMessage, ServerMessage>, hello: Extract<ClientMessage, { readonly type: 'client-hello' }>): boolean {
    const { epoch, version } = this.options;
    if (hello.protocol === protocolVersion) {
      link.send({ type: 'client-welcome', epoch, version });
      return true;
    }
    const message = `the client (Sheaf ${hello.version}) speaks protocol ${hello.protocol}, the coordinator (Sheaf ${version}) protocol ${protocolVersion}`;
    link.send({ type: 'refused', code: 'E_VERSION', message, retry: false });
    link.close(closeCodes.version, 'another protocol version');
    return false;
  }

  private requested(message: Request, send: Send, endings: Set<() => void>): void {
    switch (message.type) {
      case 'submit':
        void this.submit(message, send);
        return;
      case 'cancel':
        this.cancelsMade += 1;
        this.cancels.set(this.cancelsMade, { send, request: message.request });
        this.options.tell({
          ...{ type: 'cancel-requested', cause: `a client: ${message.reason}`, job: message.job },
          ...{ request: this.cancelsMade, reason: message.reason },
        });
        return;
      case 'watch': {
        const { job, request } = message;
        if (this.options.statusOf(job) === null) {
          send(unknownJob(request, job));
          return;
        }
        const end = this.options.watches.add({ job, request, send });
        if (end !== null) endings.add(end);
        else send(rejected(request, `${limits.watchersMax} clients are watching jobs`));
        return;
      }
      default:
        message satisfies never;
    }
  }

  private async submit({ request, submission }: Extract<Request, { readonly type: 'submit' }>, send: Send): Promise<void> {
    const answer = await this.options.submissions.submit(submission);
    if (answer.type === 'accepted') send({ type: 'submitted', request, job: submission.job });
    else send({ type: 'rejected', request, kind: answer.kind, failure: answer.failure });
  }
}

function unknownJob(request: number, job: JobId): ServerMessage {
  return { type: 'rejected', request, kind: 'unknown-job', failure: { code: 'E_USAGE', message: `no job ${job} is known here` } };
}

function rejected(request: number, why: string): ServerMessage {
  return { type: 'rejected', request, kind: 'failed', failure: { code: 'E_BUSY', message: `the coordinator is busy: ${why}` } };
}
