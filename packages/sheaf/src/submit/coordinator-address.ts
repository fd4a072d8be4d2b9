// Where a coordinator is and what it asks to be shown: the one place that reads `--coordinator`, `--token-file` and their
// environment variables. Tokens are never taken from the command line, where other users could read them.

import { readFileSync } from 'node:fs';
import { UsageError } from '@sheaf/protocol';

export interface CoordinatorAddress {
  readonly host: string;
  readonly port: number;
  /** TLS: `wss:` or `https:`. */
  readonly secure: boolean;
  readonly token: string | null;
}

const defaultPort = 7077;

/** Reads `ws://host:port`, `http://host:port`, `host:port` or `host`. Throws UsageError. */
export function parseAddress(text: string, token: string | null): CoordinatorAddress {
  const trimmed = text.trim();
  const withScheme = /^[a-z]+:\/\//i.test(trimmed) ? trimmed : `ws://${trimmed}`;
  let url: URL;
  try {
    url = new URL(withScheme);
  } catch {
    throw new UsageError(`--coordinator: '${text}' is no address; write it as ws://HOST:PORT`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('--coordinator: the address holds a password; put the token into a file and name it with --token-file');
  }
  if (!['ws:', 'wss:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new UsageError(`--coordinator: '${text}' is no address; write it as ws://HOST:PORT`);
  }
  const secure = url.protocol === 'wss:' || url.protocol === 'https:';
  // A URL leaves out its scheme's own port.
  const written = /:(\d+)(?:\/|$)/.exec(withScheme.replace(/^[a-z]+:\/\/(\[[^\]]*\])?/i, ''))?.[1];
  const port = written === undefined ? defaultPort : Number(written);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, secure, token };
}

/** `ws://host:port`, as a person would type it. */
export function addressText({ host, port, secure }: CoordinatorAddress): string {
  return `${secure ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The token in a file: one line. Throws UsageError. */
export function readToken(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`--token-file: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  if (text === '') throw new UsageError(`--token-file: ${path} is empty; it must hold the token as its only line`);
  if (/\s/.test(text)) throw new UsageError(`--token-file: ${path} must hold the token as its only line, without spaces`);
  return text;
}
