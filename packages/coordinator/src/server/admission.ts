// Who may speak to the coordinator. Asked of every request and every upgrade before anything else is looked at:
//   Host    is an address, localhost or a name the coordinator knows for itself: a web page cannot reach it under its own name.
//           Whoever shows the token may call it as he likes, as no web page can show it.
//   Origin  browsers send it; only pages of this very host pass.
//   token   `Authorization: Bearer …`, compared in constant time. Without a configured token only loopback is listened on.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { UsageError } from '@sheaf/protocol';

export interface Refusal {
  readonly status: 401 | 403 | 421;
  readonly message: string;
}

export interface AdmissionOptions {
  /** Where the coordinator listens. */
  readonly host: string;
  readonly token: string | null;
  /** Further names under which it is reached. */
  readonly names: readonly string[];
}

const tokenCharsMin = 16;

export class Admission {
  private readonly tokenHash: Buffer | null;
  private readonly names: ReadonlySet<string>;

  /** Throws UsageError for a bind beyond loopback without a token, and for a token that can be guessed. */
  constructor({ host, token, names }: AdmissionOptions) {
    if (token === null && !isLoopback(host)) {
      throw new UsageError(
        `refusing to listen on ${host} without a token: whoever reached it could run code on the workers. Write a secret of ${tokenCharsMin} characters or more into a file and name it with --token-file, or listen on 127.0.0.1`,
      );
    }
    if (token !== null && token.length < tokenCharsMin) throw new UsageError(`the token is shorter than ${tokenCharsMin} characters`);
    this.tokenHash = token === null ? null : hashOf(token);
    this.names = new Set(['localhost', host, hostname(), ...names].map(name => name.toLowerCase()));
  }

  /** Null when the request may go on. `open`: what everybody may ask, as long as Host and Origin are right. */
  check(headers: IncomingHttpHeaders, open: boolean): Refusal | null {
    const { host = '', origin } = headers;
    const shown = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
    const isRight = this.tokenHash !== null && shown !== undefined && timingSafeEqual(hashOf(shown), this.tokenHash);
    if (!isRight && !this.isOwnName(host)) {
      return { status: 421, message: `this coordinator does not answer to the name ${JSON.stringify(host.slice(0, 100))}` };
    }
    if (origin !== undefined && origin.replace(/^https?:\/\//, '').toLowerCase() !== host.toLowerCase()) {
      return { status: 403, message: 'this request comes from a page of another site' };
    }
    if (open || isRight || this.tokenHash === null) return null;
    return { status: 401, message: shown === undefined ? 'a token is needed' : 'the token is not the right one' };
  }

  private isOwnName(host: string): boolean {
    const name = /^(\[[0-9a-f:.%]+\]|[^:]+)(:[0-9]{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
    if (name === undefined) return false;
    return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || this.names.has(name);
  }
}

/** Whether an address to listen on is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
