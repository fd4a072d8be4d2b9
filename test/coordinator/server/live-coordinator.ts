// A real coordinator on a directory of its own, and hand-written workers and clients that speak to it over real sockets: they
// send messages and wait for messages, and nothing else.

import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CoordinatorOptions, type RunningCoordinator, startCoordinator } from '@sheaf/coordinator';
import { parseWorkerId } from '@sheaf/protocol';
import {
  coordinatorMessageSchema,
  decodeFrame,
  encodeMessage,
  protocolVersion,
  type Schema,
  serverMessageSchema,
} from '@sheaf/protocol/control-codec';
import type { ClientMessage, CoordinatorMessage, ServerMessage, WorkerMessage } from '@sheaf/protocol/messages';
import { pino } from 'pino';
import { WebSocket } from 'ws';

const waitMs = 10_000;

export class LiveCoordinator {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'sheaf-coordinator-'));
  readonly stateDirectory: string = join(this.directory, 'state');
  private readonly peers: Peer<never, never>[] = [];
  private current: RunningCoordinator | null = null;

  get running(): RunningCoordinator {
    if (this.current === null) throw new Error('the coordinator is not started');
    return this.current;
  }

  get address(): string {
    return `http://127.0.0.1:${this.running.port}`;
  }

  async start(options: Partial<CoordinatorOptions> = {}): Promise<this> {
    this.current = await startCoordinator({
      ...{ stateDirectory: this.stateDirectory, host: '127.0.0.1', port: 0, token: null, version: '0.1.0' },
      ...{ logger: pino({ level: 'silent' }), ...options },
    });
    return this;
  }

  /** Ends it and starts another one on the same state. */
  async restart(options: Partial<CoordinatorOptions> = {}): Promise<void> {
    await this.running.stop();
    await this.start(options);
  }

  /** Starts another one on what a killed one would have left; the one before ends, without a say in it. */
  async crash(): Promise<void> {
    const left = join(this.directory, 'state-after-crash');
    cpSync(this.stateDirectory, left, { recursive: true });
    await this.running.stop();
    rmSync(this.stateDirectory, { recursive: true });
    renameSync(left, this.stateDirectory);
    await this.start();
  }

  async worker(
    name = 'w0000000a',
    hello: Partial<Extract<WorkerMessage, { type: 'hello' }>> = {},
  ): Promise<Peer<CoordinatorMessage, WorkerMessage>> {
    const worker = await this.connect<CoordinatorMessage, WorkerMessage>('/worker', coordinatorMessageSchema);
    worker.send({
      ...{ type: 'hello', protocol: protocolVersion, version: '0.1.0', worker: parseWorkerId(name), host: 'here', pid: 1, slots: 2 },
      ...{ labels: [], address: '127.0.0.1:1', directory: '/w', held: [], running: [], ...hello },
    });
    return worker;
  }

  async client(): Promise<Peer<ServerMessage, ClientMessage>> {
    const client = await this.connect<ServerMessage, ClientMessage>('/client', serverMessageSchema);
    client.send({ type: 'client-hello', protocol: protocolVersion, version: '0.1.0' });
    await client.next('client-welcome');
    return client;
  }

  async connect<Incoming extends { type: string }, Outgoing extends object>(
    path: string,
    schema: Schema<Incoming>,
    headers: { readonly [name: string]: string } = {},
  ): Promise<Peer<Incoming, Outgoing>> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.running.port}${path}`, { headers, perMessageDeflate: false });
    const peer = new Peer<Incoming, Outgoing>(socket, schema);
    this.peers.push(peer as unknown as Peer<never, never>);
    await peer.opened;
    return peer;
  }

  /** Uploads bytes and gives their name. */
  async upload(bytes: Uint8Array): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const answer = await fetch(`${this.address}/blobs/${sha256}`, { method: 'PUT', body: bytes });
    if (!answer.ok) throw new Error(await answer.text());
    return sha256;
  }

  async json(path: string): Promise<unknown> {
    return (await fetch(this.address + path)).json();
  }

  async end(): Promise<void> {
    for (const peer of this.peers) peer.cut();
    await this.current?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The other end of a link. Messages are kept until someone waits for them. */
export class Peer<Incoming extends { type: string }, Outgoing extends object> {
  readonly opened: Promise<void>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly kept: Incoming[] = [];
  private readonly socket: WebSocket;
  private wake: () => void = () => {};

  constructor(socket: WebSocket, schema: Schema<Incoming>) {
    this.socket = socket;
    this.opened = new Promise((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', reject);
    });
    this.opened.catch(() => {});
    this.closed = new Promise(resolve => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    socket.on('message', data => {
      const decoded = decodeFrame(data as Buffer, schema);
      if (decoded.type === 'malformed') throw new Error(decoded.problem);
      this.kept.push(...decoded.messages);
      this.wake();
    });
    socket.on('close', () => this.wake());
  }

  send(message: Outgoing): void {
    this.socket.send(encodeMessage(message));
  }

  sendBytes(bytes: Uint8Array | string): void {
    this.socket.send(bytes);
  }

  /** The next message of a type, and of a kind if told; those before it of other types are dropped. */
  async next<Type extends Incoming['type']>(
    type: Type,
    fits: (message: Extract<Incoming, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<Incoming, { type: Type }>> {
    const giveUpAt = performance.now() + waitMs;
    const seen: string[] = [];
    for (;;) {
      for (let message = this.kept.shift(); message !== undefined; message = this.kept.shift()) {
        seen.push(message.type);
        const wanted = message as Extract<Incoming, { type: Type }>;
        if (message.type === type && fits(wanted)) return wanted;
      }
      const leftMs = giveUpAt - performance.now();
      if (leftMs <= 0 || this.socket.readyState > WebSocket.OPEN) throw new Error(`no ${type} came, only ${seen.join(', ') || 'nothing'}`);
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, leftMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Breaks the connection, as a killed process would. */
  cut(): void {
    this.socket.terminate();
  }
}
