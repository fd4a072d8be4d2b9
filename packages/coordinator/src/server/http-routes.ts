// What can be asked over HTTP, as one table: method, path, whether everybody may ask, and the answer. No part of a path becomes
// a path of the file system: ids are recognised by their patterns, blobs by their hashes.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { isAttemptId, isJobId, isWorkerId, type JobId, limits, type WorkerId } from '@sheaf/protocol';
import type { JobStatus } from '@sheaf/protocol/messages';
import { jobsOf, outlineOf, type SchedulerState, statusOf, story, workersOf } from '../scheduler/index.ts';
import type { KnownAttempt, KnownAttempts } from './attempts.ts';
import type { BlobStore } from './blobs.ts';
import type { Told } from './loop.ts';
import type { WorkerLinks } from './worker-links.ts';

export type Answer =
  | { readonly type: 'json'; readonly status: number; readonly value: unknown }
  | { readonly type: 'text'; readonly status: number; readonly text: string }
  | { readonly type: 'bytes'; readonly status: number; readonly bytes: number; readonly source: Readable | null };

export interface Ask {
  /** The parts of the path that the route's pattern captured. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
}

export interface Route {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly path: RegExp;
  /** Without a token. */
  readonly open?: true;
  readonly answer: (ask: Ask) => Answer | Promise<Answer>;
}

export interface RoutesOptions {
  readonly state: SchedulerState;
  readonly blobs: BlobStore;
  readonly attempts: KnownAttempts;
  readonly workers: WorkerLinks;
  readonly tell: (event: Told) => void;
  /** Resolves when what the state tells now is on disk: only then it is told to anybody. */
  readonly reached: () => Promise<void>;
}

/** The table of routes. */
export function routesOf(options: RoutesOptions): readonly Route[] {
  const { state, blobs, reached } = options;
  const ofJob = async ([id]: readonly string[], answer: (status: JobStatus) => Answer | Promise<Answer>): Promise<Answer> => {
    await reached();
    const status = isJobId(id) ? statusOf(state, id) : null;
    return status === null ? notFound(`no job ${id} is known here`) : answer(status);
  };
  return [
    { method: 'GET', path: /^\/health$/, open: true, answer: () => json({ status: 'ok' }) },
    { method: 'GET', path: /^\/jobs$/, answer: () => reached().then(() => json(jobsOf(state).map(withoutAnswers))) },
    { method: 'GET', path: /^\/jobs\/(\w+)$/, answer: ({ parts }) => ofJob(parts, status => json(withoutAnswers(status))) },
    { method: 'GET', path: /^\/jobs\/(\w+)\/outline$/, answer: ({ parts }) => ofJob(parts, ({ id }) => tellOutline(state, id)) },
    { method: 'GET', path: /^\/jobs\/(\w+)\/counters$/, answer: ({ parts }) => ofJob(parts, ({ counters }) => json(counters)) },
    {
      method: 'GET',
      path: /^\/jobs\/(\w+)\/story$/,
      answer: ({ parts, query }) => ofJob(parts, status => tellStory(state, status, query)),
    },
    { method: 'GET', path: /^\/jobs\/(\w+)\/logs$/, answer: ({ parts, query }) => ofJob(parts, ({ id }) => readLogs(options, id, query)) },
    { method: 'GET', path: /^\/workers$/, answer: () => json(workersOf(state)) },
    { method: 'POST', path: /^\/workers\/(\w+)\/drain$/, answer: ({ parts: [id] }) => drain(options, id) },
    { method: 'HEAD', path: /^\/blobs\/([0-9a-f]{64})$/, answer: ({ parts: [sha256 = ''] }) => headBlob(blobs, sha256) },
    { method: 'GET', path: /^\/blobs\/([0-9a-f]{64})$/, answer: ({ parts: [sha256 = ''] }) => getBlob(blobs, sha256) },
    { method: 'PUT', path: /^\/blobs\/([0-9a-f]{64})$/, answer: ({ parts: [sha256 = ''], request }) => putBlob(blobs, sha256, request) },
  ];
}

/** Text that the submitter's schema passed: it is JSON. */
function tellOutline(state: SchedulerState, id: JobId): Answer {
  const outline = outlineOf(state, id);
  return outline === null ? notFound(`nothing is known of the plan of job ${id}`) : json(JSON.parse(outline));
}

function tellStory(state: SchedulerState, { id, stages }: JobStatus, query: URLSearchParams): Answer {
  const named = query.get('stage');
  const taskText = query.get('task');
  const stage = named === null ? null : stages.findIndex(({ name }) => name === named);
  if (stage === -1) return notFound(`the job has no stage '${named}', but ${stages.map(({ name }) => `'${name}'`).join(', ')}`);
  if (taskText !== null && (stage === null || !/^[0-9]{1,7}$/.test(taskText))) return badRequest('task is an index, and needs a stage');
  const task = taskText === null ? {} : { task: Number(taskText) };
  return json(story(state, { job: id, ...(stage === null ? {} : { stage }), ...task }));
}

async function readLogs({ attempts, workers }: RoutesOptions, job: JobId, query: URLSearchParams): Promise<Answer> {
  const wanted = query.get('attempt');
  if (wanted !== null && !isAttemptId(wanted)) return badRequest('attempt is two numbers with a dot, such as 2.31');
  const one = wanted === null ? null : attempts.get(wanted);
  if (wanted !== null && one?.job !== job) return notFound(`it is not known which worker ran attempt ${wanted} of ${job}`);
  const known = one === null ? attempts.ofJob(job).slice(-limits.logsPerAnswerMax) : [one];
  const texts: string[] = [];
  let chars = 0;
  for (const attempt of known) {
    const text = await workers.readLog(attempt.worker, attempt.attempt);
    if (one !== null && text === null) return notFound(`worker ${attempt.worker}, which has the log of attempt ${wanted}, does not answer`);
    if (one !== null) return { type: 'text', status: 200, text: text ?? '' };
    if (text === null || text === '') continue;
    texts.push(`${heading(attempt)}\n${text.endsWith('\n') ? text : `${text}\n`}`);
    chars += text.length;
    if (chars > limits.frameBytesMax) break;
  }
  return { type: 'text', status: 200, text: texts.join('') };
}

function heading({ stage, task, attempt, worker }: KnownAttempt): string {
  return `==== stage ${stage}, task ${task}, attempt ${attempt} on ${worker}`;
}

function drain({ state, tell }: RoutesOptions, id: string | undefined): Answer {
  if (!isWorkerId(id) || !isKnown(state, id)) return notFound(`no worker ${id} is known here`);
  tell({ type: 'drain-requested', cause: 'asked for over HTTP', worker: id });
  return { type: 'json', status: 202, value: { worker: id, state: 'draining' } };
}

function isKnown(state: SchedulerState, id: WorkerId): boolean {
  return workersOf(state).some(worker => worker.id === id);
}

async function headBlob(blobs: BlobStore, sha256: string): Promise<Answer> {
  const bytes = await blobs.claim(sha256);
  return bytes === null ? notFound('no such blob') : { type: 'bytes', status: 200, bytes, source: null };
}

async function getBlob(blobs: BlobStore, sha256: string): Promise<Answer> {
  const bytes = await blobs.claim(sha256);
  return bytes === null ? notFound('no such blob') : { type: 'bytes', status: 200, bytes, source: blobs.read(sha256) };
}

async function putBlob(blobs: BlobStore, sha256: string, request: IncomingMessage): Promise<Answer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limits.itemsSpoolBytesMax) return tooLarge();
  switch (await blobs.put(sha256, request, limits.itemsSpoolBytesMax)) {
    case 'stored':
      return json({ sha256 });
    case 'other-contents':
      return badRequest('the bytes that came have another sha256 than their name');
    case 'too-large':
      return tooLarge();
  }
}

function json(value: unknown): Answer {
  return { type: 'json', status: 200, value };
}

function notFound(message: string): Answer {
  return { type: 'json', status: 404, value: { message } };
}

function badRequest(message: string): Answer {
  return { type: 'json', status: 400, value: { message } };
}

function tooLarge(): Answer {
  return { type: 'json', status: 413, value: { message: `a blob takes ${limits.itemsSpoolBytesMax} bytes at most` } };
}

/** Answers are bytes, for whoever waits for the job; who looks on is not sent them. */
function withoutAnswers({ answers: _, ...status }: JobStatus): JobStatus {
  return status;
}
