// The owner of map outputs as another machine meets it: a real shuffle server, and before it a door that writes down which
// bytes were given, and that a test can hold shut, cut in the middle of an answer, or close for good.

import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AttemptId } from '@sheaf/protocol';
import { onTestFinished } from 'vitest';
import type { ByteRange } from '../../../packages/worker/src/data/read-ranges.ts';
import { OutputTable, type ServedOutput } from '../../../packages/worker/src/host/output-table.ts';
import { ShuffleServer } from '../../../packages/worker/src/host/shuffle-server.ts';

export interface Request extends ByteRange {
  readonly attempt: AttemptId;
}

export class Owner {
  /** What was asked for, in order. */
  readonly asked: Request[] = [];
  /** Bytes given in answers, whole or not. */
  servedBytes = 0;
  /** At which request answers stay away, until `open`; none by default. */
  holdsFrom = Number.POSITIVE_INFINITY;
  /** An answer that gets so far stops there, until `cut`. */
  stopsAtByte = Number.POSITIVE_INFINITY;
  mostInFlight = 0;
  private inFlight = 0;
  private readonly held: (() => void)[] = [];
  private readonly stopped: ServerResponse[] = [];
  private readonly door: Server;
  private readonly shuffle: ShuffleServer;
  private readonly outputs: OutputTable;

  static async start(): Promise<Owner> {
    const outputs = new OutputTable();
    const shuffle = await ShuffleServer.start({ host: '127.0.0.1', port: 0, advertisedHost: '127.0.0.1', token: null, outputs });
    const owner = new Owner(shuffle, outputs);
    await new Promise<void>(resolve => owner.door.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      owner.die();
      await shuffle.close();
    });
    return owner;
  }

  private constructor(shuffle: ShuffleServer, outputs: OutputTable) {
    this.shuffle = shuffle;
    this.outputs = outputs;
    this.door = createServer((request, response) => this.answer(request, response));
  }

  get address(): string {
    return `127.0.0.1:${(this.door.address() as AddressInfo).port}`;
  }

  add(output: ServedOutput): void {
    this.outputs.add(output);
  }

  remove(of: Pick<ServedOutput, 'job' | 'attempt'>): void {
    this.outputs.remove(of);
  }

  /** Answers what was held, and holds nothing more. */
  open(): void {
    this.holdsFrom = Number.POSITIVE_INFINITY;
    for (const answer of this.held.splice(0)) answer();
  }

  /** Ends the connections of stopped answers, and stops no more. */
  cut(): void {
    this.stopsAtByte = Number.POSITIVE_INFINITY;
    for (const response of this.stopped.splice(0)) response.destroy();
  }

  /** As after kill -9: connections are gone and nobody listens. */
  die(): void {
    this.door.closeAllConnections();
    this.door.close();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://owner');
    const from = Number(searchParams.get('from'));
    this.asked.push({ attempt: pathname.split('/').at(-1) as AttemptId, from, to: from + Number(searchParams.get('length')) });
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    response.on('close', () => this.inFlight--);
    if (this.asked.length > this.holdsFrom) this.held.push(() => this.passOn(request, response));
    else this.passOn(request, response);
  }

  private passOn(request: IncomingMessage, response: ServerResponse): void {
    const behind = get(`http://${this.shuffle.address}${request.url}`, { agent: false }, answer => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on('data', (chunk: Buffer) => this.send(response, chunk));
      answer.on('end', () => this.stopped.includes(response) || response.end());
    });
    behind.on('error', () => response.destroy());
  }

  private send(response: ServerResponse, chunk: Buffer): void {
    if (response.destroyed || this.stopped.includes(response)) return;
    const given = chunk.subarray(0, this.stopsAtByte - this.servedBytes);
    if (response.statusCode === 200) this.servedBytes += given.length;
    response.write(given);
    if (given.length < chunk.length) this.stopped.push(response);
  }
}
