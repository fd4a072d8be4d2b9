// A coordinator written by hand, for tests of the whole worker: it says what the test tells it to say, serves blobs, and
// writes down what it hears. It decides nothing.

import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AttemptId, attemptIdOf, type Epoch, epochOf, type JobId, parseJobId, sessionIdOf } from '@sheaf/protocol';
import { decodeFrame, encodeMessage, workerMessageSchema } from '@sheaf/protocol/control-codec';
import type { AttemptName, CoordinatorMessage, JobOpening, OutputLocation, WorkerMessage } from '@sheaf/protocol/messages';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { eventually } from './eventually.ts';

type MessageOf<Type extends WorkerMessage['type']> = Extract<WorkerMessage, { type: Type }>;

export const job: JobId = parseJobId('jaaaaaaaaaaaa');
const bundle = 'export default null;';
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Each stage's name is what the test executor does; stages from 1 on may read edge 0. */
export function openingOf(stages: readonly string[], settings: object = {}): JobOpening {
  const graph = {
    stages: stages.map(name => ({ name, tasks: { type: 'splits', inputs: [] }, outputs: [], steps: [] })),
    edges: [{ type: 'broadcast', from: 0, to: 1 }],
    settings: { heapMb: 256, taskTimeoutMs: 600_000, ...settings },
  };
  const plain = { sourceMap: null, graphHash: hashOf('graph'), params: new Uint8Array(), blobs: {}, nonces: [] };
  return { job, name: 'test', bundle: hashOf(bundle), graph: JSON.stringify(graph), ...plain };
}

export class TestCoordinator {
  readonly url: string;
  readonly heard: WorkerMessage[] = [];
  /** What the next hello is answered with; null: not at all. */
  answer: ((hello: MessageOf<'hello'>) => CoordinatorMessage) | null = null;
  private epoch: Epoch = epochOf(1);
  private readonly server: Server;
  private socket: WebSocket | null = null;
  private sessions = 0;
  private readonly ends: AttemptId[] = [];
  private acceptsAll = false;

  static async start(): Promise<TestCoordinator> {
    const server = createServer((request, response) => {
      response.writeHead(request.url === `/blobs/${hashOf(bundle)}` ? 200 : 404).end(bundle);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return new TestCoordinator(server);
  }

  private constructor(server: Server) {
    this.server = server;
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sockets = new WebSocketServer({ server, path: '/worker' });
    sockets.on('connection', socket => {
      socket.on('message', (data: Buffer) => this.hear(socket, data));
    });
    onTestFinished(() => {
      for (const client of sockets.clients) client.terminate();
      this.server.close();
    });
  }

  send(message: CoordinatorMessage): void {
    this.socket?.send(encodeMessage(message));
  }

  /** Assigns a task, whose attempt is the `counter`-th; it reads edge 0 of so many producers. */
  assign(stage: number, counter: number, producers = 0): AttemptId {
    const attempt = attemptIdOf(epochOf(1), counter);
    const name: AttemptName = { job, stage, task: counter, attempt };
    const plain = { number: 1, generation: 0, split: null, partitions: {}, reads: {}, counts: {}, staging: {} };
    this.send({ type: 'assign', assignment: { ...name, ...plain, producers: producers === 0 ? {} : { 0: producers } } });
    return attempt;
  }

  /** Where the output of a finished attempt can be had, as the real coordinator tells other workers. */
  locate({ attempt, result }: MessageOf<'succeeded'>, hello: MessageOf<'hello'>, task: number): OutputLocation {
    const output = result.outputs[0];
    if (output === undefined) throw new Error('there is no output');
    const { path, bytes, hash } = output;
    return { task, attempt, worker: hello.worker, address: hello.address, host: hello.host, path, bytes, hash };
  }

  /** The next message of a type that has not been taken yet. */
  async takes<Type extends WorkerMessage['type']>(type: Type, withinMs = 15_000): Promise<MessageOf<Type>> {
    const said = () => this.heard.map(message => message.type).join(', ');
    const index = await eventually(`${type}; heard: ${said()}`, () => this.indexOf(type), withinMs);
    const [message] = this.heard.splice(index - 1, 1);
    return message as MessageOf<Type>;
  }

  /** Cuts the connection; the next hello is answered by `answer`, or by a welcome that keeps everything. */
  cut(): void {
    this.socket?.terminate();
  }

  /** Accepts every end it has heard of and will hear of, so that a worker need not wait for it. */
  acceptAll(): void {
    this.acceptsAll = true;
    for (const attempt of this.ends) this.send({ type: 'accepted', attempt });
  }

  private indexOf(type: WorkerMessage['type']): number | null {
    const index = this.heard.findIndex(message => message.type === type);
    return index < 0 ? null : index + 1;
  }

  private hear(socket: WebSocket, data: Buffer): void {
    const decoded = decodeFrame(data, workerMessageSchema);
    if (decoded.type === 'malformed') throw new Error(`the worker sent a malformed message: ${decoded.problem}`);
    for (const message of decoded.messages) this.take(socket, message);
  }

  private take(socket: WebSocket, message: WorkerMessage): void {
    if (message.type !== 'heartbeat') this.heard.push(message);
    if (message.type === 'succeeded' || message.type === 'failed') {
      this.ends.push(message.attempt);
      if (this.acceptsAll) this.acceptAll();
    }
    if (message.type !== 'hello') return;
    this.socket = socket;
    this.sessions++;
    this.send(this.answer?.(message) ?? this.welcome(message));
  }

  private welcome(hello: MessageOf<'hello'>): CoordinatorMessage {
    const ids = (names: readonly AttemptName[]) => names.map(name => name.attempt);
    const session = sessionIdOf(this.epoch, this.sessions);
    return { type: 'welcome', session, epoch: this.epoch, keep: ids(hello.held), resume: ids(hello.running) };
  }
}
