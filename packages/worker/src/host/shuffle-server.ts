// Serves this worker's map outputs to other workers: GET /outputs/JOB/EDGE/TASK/ATTEMPT?from=BYTE&length=BYTES.
// Ids are looked up in the table of finished outputs and never joined into a path. An answer is at most `fetchBytesMax` bytes
// and says the size of the whole file in `x-output-bytes`; whoever comes when too many are served is told to come back.

import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { limits, UsageError } from '@sheaf/protocol';
import type { OutputName } from '@sheaf/protocol/messages';
import { type OutputTable, openWhole, outputKey, type ServedOutput } from './output-table.ts';

export interface ShuffleServerOptions {
  /** Where to listen. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Under which name other workers reach this one. */
  readonly advertisedHost: string;
  readonly token: string | null;
  /** What there is to serve. */
  readonly outputs: OutputTable;
}

/** Sent with each answer: the bytes of the whole output. */
export const outputBytesHeader = 'x-output-bytes';

const outputsPath = '/outputs/';

export function outputRequestPath(output: OutputName): string {
  return `${outputsPath}${outputKey(output)}`;
}

export class ShuffleServer {
  /** `host:port` as other workers reach it. */
  readonly address: string;
  private readonly server: Server;
  private readonly tokenHash: Buffer | null;
  private readonly outputs: OutputTable;
  private serving = 0;

  /** Listens. Throws UsageError for a bind beyond loopback without a token, and for an address that is taken. */
  static async start(options: ShuffleServerOptions): Promise<ShuffleServer> {
    if (options.token === null && !isLoopback(options.host)) {
      throw new UsageError(`refusing to serve map outputs on ${options.host} without a token: give --token-file, or listen on 127.0.0.1`);
    }
    const server = createServer({ headersTimeout: limits.helloDeadlineMs, requestTimeout: limits.helloDeadlineMs });
    server.maxConnections = limits.connectionsMax;
    server.setTimeout(limits.fetchTimeoutMs);
    await new Promise<void>((resolve, reject) => {
      server.once('error', error => reject(new UsageError(`cannot listen on ${options.host}:${options.port}: ${error.message}`)));
      server.listen(options.port, options.host, resolve);
    });
    return new ShuffleServer(server, options);
  }

  private constructor(server: Server, { token, advertisedHost, outputs }: ShuffleServerOptions) {
    this.server = server;
    this.outputs = outputs;
    this.tokenHash = token === null ? null : hashOf(token);
    const { port } = server.address() as AddressInfo;
    this.address = `${isIP(advertisedHost) === 6 ? `[${advertisedHost}]` : advertisedHost}:${port}`;
    server.on('request', (request, response) => void this.answer(request, response));
  }

  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const output = path.startsWith(outputsPath) ? this.outputs.get(path.slice(outputsPath.length)) : null;
    if (!this.admits(request)) refuse(response, 401, 'a token is needed');
    else if (request.method !== 'GET') refuse(response, 405, 'only GET is answered');
    else if (output === null) refuse(response, 404, 'no such output');
    else if (this.serving >= limits.servesInFlightMax) refuse(response.setHeader('retry-after', '1'), 503, 'too many are served');
    else {
      this.serving++;
      try {
        await serve(output, new URLSearchParams(query), response);
      } finally {
        this.serving--;
      }
    }
  }

  private admits({ headers }: IncomingMessage): boolean {
    if (this.tokenHash === null) return true;
    const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
    return bearer !== undefined && timingSafeEqual(hashOf(bearer), this.tokenHash);
  }
}

async function serve(output: ServedOutput, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const from = wholeOf(query.get('from') ?? '0');
  const length = wholeOf(query.get('length') ?? String(Math.min(output.bytes, limits.fetchBytesMax)));
  if (from === null || length === null || length > limits.fetchBytesMax) {
    refuse(response, 400, `from and length are whole numbers, length at most ${limits.fetchBytesMax}`);
    return;
  }
  if (from + length > output.bytes) {
    refuse(response, 416, `the output has ${output.bytes} bytes`);
    return;
  }
  const start = (output.at ?? 0) + from;
  const file = await openWhole(output);
  if (file === null) {
    refuse(response, 410, 'the output is not here any more');
    return;
  }
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': length,
    [outputBytesHeader]: output.bytes,
  });
  try {
    // A reader that goes away or stops reading ends the pipeline; the server's timeout ends the connection.
    if (length === 0) response.end();
    else await pipeline(file.createReadStream({ start, end: start + length - 1, autoClose: false }), response);
  } catch {
    response.destroy();
  } finally {
    await file.close();
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${message}\n`);
}

function wholeOf(text: string): number | null {
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
