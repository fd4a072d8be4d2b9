// A GET over a kept-alive connection, as a stream whose silence ends it. Only the two things a worker fetches use it: blobs
// of the coordinator and map outputs of other workers.

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

  /** The body of a 200 answer. Rejects with HttpAnswer for another status, and when nothing moves for `fetchTimeoutMs`. */
  open(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    const options = { headers: this.headers, agent: secure ? this.secure : this.plain, timeout: limits.fetchTimeoutMs, signal };
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).get(url, options);
      request.on('timeout', () => request.destroy(new Error(`${url.host} is silent`)));
      request.on('error', reject);
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
