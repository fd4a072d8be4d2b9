// The coordinator's one listener. Every request and every upgrade passes the same gate first; then the table of routes answers,
// or a WebSocket becomes the link of a worker or a client. What is in no table does not exist.

import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { limits, UsageError } from '@sheaf/protocol';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Admission } from './admission.ts';
import type { Answer, Route } from './http-routes.ts';

export interface HttpOptions {
  readonly admission: Admission;
  readonly routes: readonly Route[];
  /** Path of a WebSocket endpoint → who takes its connections. */
  readonly sockets: { readonly [path: string]: (socket: WebSocket, peer: string) => void };
  readonly logger: Logger;
}

const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

export class HttpListener {
  private readonly options: HttpOptions;
  private readonly server: Server;
  private readonly upgrades: WebSocketServer;
  private readonly upgraded = new Set<Duplex>();

  constructor(options: HttpOptions) {
    this.options = options;
    this.server = createServer(
      {
        headersTimeout: limits.httpHeadersMs,
        requestTimeout: limits.httpRequestMs,
        connectionsCheckingInterval: limits.heartbeatIntervalMs,
        maxHeaderSize: limits.httpHeaderBytesMax,
        requireHostHeader: true,
      },
      (request, response) => void this.answer(request, response),
    );
    this.server.maxConnections = limits.connectionsMax;
    this.upgrades = new WebSocketServer({
      ...{ noServer: true, perMessageDeflate: false, maxPayload: limits.frameBytesMax, clientTracking: false },
    });
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    this.server.on('clientError', (_, socket) => socket.destroy());
  }

  /** Resolves with the port when connections are taken. Throws UsageError for an address that cannot be listened on. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', error => reject(new UsageError(`cannot listen on ${host}:${port}: ${error.message}`, { cause: error })));
      this.server.listen({ host, port }, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes no more connections; answers under way and links that are closing end, or are cut after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise<void>(resolve => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const cut = setTimeout(() => {
      this.server.closeAllConnections();
      for (const socket of this.upgraded) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(cut);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { admission, logger } = this.options;
    const { method = '', url = '', headers } = request;
    try {
      const { pathname, searchParams } = parsedUrl(url);
      const there = this.options.routes.filter(({ path }) => path.test(pathname));
      const route = there.find(candidate => candidate.method === method);
      const refusal = admission.check(headers, route?.open === true);
      if (refusal !== null) {
        logger.warn({ peer: request.socket.remoteAddress, method, path: pathname, refusal: refusal.message }, 'a request was refused');
        await reply(response, { type: 'json', status: refusal.status, value: { message: refusal.message } }, true);
        return;
      }
      if (route === undefined) {
        const allow = there.map(candidate => candidate.method).join(', ');
        if (there.length > 0) response.setHeader('allow', allow);
        const message = there.length === 0 ? 'there is nothing of that name' : `only ${allow}`;
        await reply(response, { type: 'json', status: there.length === 0 ? 404 : 405, value: { message } }, true);
        return;
      }
      const parts = route.path.exec(pathname)?.slice(1) ?? [];
      const answer = await route.answer({ parts, query: searchParams, request });
      await reply(response, answer, !request.complete);
    } catch (error) {
      logger.warn({ method, err: error }, 'a request could not be answered');
      if (response.headersSent) response.destroy();
      else await reply(response, { type: 'json', status: 500, value: { message: 'an error inside Sheaf' } }, true).catch(() => undefined);
    }
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { admission, sockets, logger } = this.options;
    const peer = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
    this.upgraded.add(socket);
    socket.on('close', () => this.upgraded.delete(socket));
    socket.on('error', () => socket.destroy());
    const take = Object.hasOwn(sockets, request.url ?? '') ? sockets[request.url ?? ''] : undefined;
    const refusal = admission.check(request.headers, false);
    if (refusal !== null) logger.warn({ peer, path: request.url, refusal: refusal.message }, 'a connection was refused');
    if (refusal !== null) refuse(socket, refusal.status, refusal.message);
    else if (take === undefined) refuse(socket, 404, 'there is no such endpoint');
    else this.upgrades.handleUpgrade(request, socket, head, webSocket => take(webSocket, peer));
  }
}

/** Only the path and the query are looked at; the host of an absolute form is not. */
function parsedUrl(url: string): URL {
  return new URL(url.startsWith('/') ? url : '/', 'http://coordinator');
}

async function reply(response: ServerResponse, answer: Answer, close: boolean): Promise<void> {
  const { status } = answer;
  if (close) response.shouldKeepAlive = false;
  if (answer.type === 'bytes') {
    response.writeHead(status, { ...securityHeaders, 'content-type': 'application/octet-stream', 'content-length': answer.bytes });
    if (answer.source === null) response.end();
    else await pipeline(answer.source, response);
    return;
  }
  const body = Buffer.from(answer.type === 'json' ? JSON.stringify(answer.value) : answer.text);
  const contentType = answer.type === 'json' ? 'application/json' : 'text/plain; charset=utf-8';
  response.writeHead(status, { ...securityHeaders, 'content-type': contentType, 'content-length': body.length });
  response.end(body);
}

/** Answers an upgrade that is not taken, in plain HTTP, and hangs up. */
function refuse(socket: Duplex, status: number, message: string): void {
  const body = JSON.stringify({ message });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
