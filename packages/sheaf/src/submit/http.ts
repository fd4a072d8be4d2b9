// What a client asks a coordinator once, over HTTP: uploads of blobs, and JSON about jobs and workers.

import { createReadStream } from 'node:fs';
import { type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Cluster } from '@sheaf/cluster';
import { limits, UsageError } from '@sheaf/protocol';
import { addressText, type CoordinatorAddress } from './coordinator-address.ts';
import { connectionProblem, LostContactError } from './lost-contact.ts';

/** Bytes named by their sha256: in memory, or in a file. */
export interface Blob {
  readonly sha256: string;
  readonly content: Uint8Array | { readonly path: string; readonly bytes: number };
}

interface Ask {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly path: string;
  readonly content?: Blob['content'];
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The JSON at `path`. Throws UsageError for what the coordinator does not know, LostContactError when it cannot be asked. */
export async function askJson(address: CoordinatorAddress, path: string): Promise<unknown> {
  const answer = await ask(address, { method: 'GET', path });
  return parseJson(address, checked(address, answer).text);
}

/** The text at `path`, as it is. */
export async function askText(address: CoordinatorAddress, path: string): Promise<string> {
  return checked(address, await ask(address, { method: 'GET', path })).text;
}

/** Asks for something to be done; gives the JSON it answers with. */
export async function order(address: CoordinatorAddress, path: string): Promise<unknown> {
  const answer = await ask(address, { method: 'POST', path });
  return parseJson(address, checked(address, answer).text);
}

/** Uploads a blob, unless the coordinator has it. Tries again while the coordinator is away, up to `limits.clientReconnectMs`. */
export async function uploadBlob(address: CoordinatorAddress, blob: Blob): Promise<void> {
  const giveUpAt = performance.now() + limits.clientReconnectMs;
  const path = `/blobs/${blob.sha256}`;
  for (;;) {
    try {
      const known = await ask(address, { method: 'HEAD', path });
      if (known.status === 200) return;
      checked(address, await ask(address, { method: 'PUT', path, content: blob.content }));
      return;
    } catch (error) {
      if (!(error instanceof LostContactError) || performance.now() > giveUpAt) throw error;
      await new Promise(resolve => setTimeout(resolve, limits.retryDelayMs));
    }
  }
}

/** What is in memory, and lies in the blobs folder of a cluster of one's own before its coordinator is ready, need not be uploaded. Gives the rest. */
export function putBlobs(cluster: Pick<Cluster, 'putBlob'>, blobs: readonly Blob[]): readonly Blob[] {
  return blobs.filter(({ sha256, content }) => {
    if (content instanceof Uint8Array) cluster.putBlob(sha256, content);
    return !(content instanceof Uint8Array);
  });
}

function ask(address: CoordinatorAddress, { method, path, content }: Ask): Promise<Answer> {
  const { host, port, secure, token } = address;
  const length = content === undefined ? 0 : content instanceof Uint8Array ? content.length : content.bytes;
  const headers: { [name: string]: string | number } = {};
  if (content !== undefined) headers['content-length'] = length;
  if (token !== null) headers.authorization = `Bearer ${token}`;
  // No agent: a kept connection would hold the process open.
  const options: RequestOptions = { host, port, method, path, headers, agent: false };
  return new Promise((resolve, reject) => {
    const lost = (error: unknown): void => reject(lostContact(address, error));
    const request = (secure ? requestSecure : requestPlain)(options, response => readAnswer(response).then(resolve, lost));
    request.setTimeout(limits.clientAnswerMs, () => request.destroy(new Error(`no answer within ${limits.clientAnswerMs / 1000} s`)));
    request.on('error', lost);
    if (content === undefined || content instanceof Uint8Array) {
      request.end(content);
      return;
    }
    const file = createReadStream(content.path);
    file.on('error', error => request.destroy(error));
    file.pipe(request);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return { status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') };
}

function checked(address: CoordinatorAddress, answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const said = saidBy(answer) ?? `answer ${answer.status}`;
  if (answer.status === 401 || answer.status === 403) {
    throw new UsageError(`${addressText(address)} refused the token: ${said}; name the right one with --token-file or SHEAF_TOKEN_FILE`);
  }
  if (answer.status >= 400 && answer.status < 500) throw new UsageError(said);
  throw lostContact(address, new Error(said));
}

function saidBy({ text }: Answer): string | null {
  try {
    const { error, message } = JSON.parse(text) as { readonly error?: unknown; readonly message?: unknown };
    return typeof message === 'string' ? message : typeof error === 'string' ? error : null;
  } catch {
    return text.trim() === '' ? null : text.trim().slice(0, 200);
  }
}

function parseJson(address: CoordinatorAddress, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`what answers at ${addressText(address)} is no Sheaf coordinator`);
  }
}

function lostContact(address: CoordinatorAddress, error: unknown): LostContactError {
  return new LostContactError(`the coordinator at ${addressText(address)} cannot be asked: ${connectionProblem(error)}`, { cause: error });
}
