// A GET over a kept-alive connection, as a stream whose silence ends it. Only the two things a worker fetches use it: blobs
// of the coordinator and map outputs of other workers. It tells apart an end that answers something else from one that no
// HTTP reaches, as there may be another way to the latter.

import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { limits } from '@sheaf/protocol';

/** The other end answered, but not with what was asked for. */
export class HttpAnswer extends Error {
  readonly status: number;
  constructor(status: number, url: URL) {
    super(`${url.host} answers ${status} to ${url.pathname}`);
    this.name = 'HttpAnswer';
    this.status = status;
  }
}

/** No HTTP came to the other end: nobody listens, no route, no answer in time, or something there that speaks otherwise. */
export class Unreachable extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'Unreachable';
  }
}

export interface HttpGetOptions {
  readonly token: string | null;
  /** Connections kept at most, to each other end. */
  readonly connectionsMax: number;
}

export class HttpGet {
  private readonly headers: { readonly authorization?: string };
  private readonly plain: http.Agent;
  private readonly secure: https.Agent;

  constructor({ token, connectionsMax }: HttpGetOptions) {
    this.headers = token === null ? {} : { authorization: `Bearer ${token}` };
    this.plain = new http.Agent({ keepAlive: true, maxSockets: connectionsMax });
    this.secure = new https.Agent({ keepAlive: true, maxSockets: connectionsMax });
  }

  /**
   * The body of a 200 answer. Rejects with HttpAnswer for another status, and with Unreachable when no connection comes about
   * within `fetchConnectMs`, or no answer within `fetchTimeoutMs`; later, silence of that length ends the body.
   */
  open(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    const options = { headers: this.headers, agent: secure ? this.secure : this.plain, timeout: limits.fetchTimeoutMs, signal };
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).get(url, options);
      request.on('timeout', () => request.destroy(new Unreachable(`${url.host} is silent`)));
      request.on('socket', socket => {
        if (!socket.connecting) return;
        const deadline = setTimeout(() => {
          request.destroy(new Unreachable(`${url.host} takes no connection`));
        }, limits.fetchConnectMs);
        for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(deadline));
      });
      request.on('error', error => reject(isUnreachable(error) ? new Unreachable(error.message) : error));
      request.on('response', response => {
        if (response.statusCode === 200) {
          resolve(response);
          return;
        }
        response.resume();
        reject(new HttpAnswer(response.statusCode ?? 0, url));
      });
    });
  }

  close(): void {
    this.plain.destroy();
    this.secure.destroy();
  }
}

const unreachableCodes: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ETIMEDOUT', 'EADDRNOTAVAIL'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'EACCES', 'EPERM'],
]);

/** What answers with something that is no HTTP is not the other end: another service has its port, in another network. */
function isUnreachable(error: NodeJS.ErrnoException): boolean {
  if (error instanceof Unreachable) return true;
  return error.code !== undefined && (unreachableCodes.has(error.code) || error.code.startsWith('HPE_'));
}
