// One message of each type, with every optional field set somewhere: what codec and link tests start from.

import { parseAttemptId, parseJobId, parseSessionId, parseWorkerId } from '@sheaf/protocol';
import type {
  ClientMessage,
  CoordinatorMessage,
  MapOutput,
  Outline,
  ServerMessage,
  StageMeasures,
  TaskAssignment,
  TaskResult,
  WorkerMessage,
} from '@sheaf/protocol/messages';

type OneOfEach<Message extends { type: string }> = { [Type in Message['type']]: Extract<Message, { type: Type }> };

const job = parseJobId('jabcdefgh1234');
const attempt = parseAttemptId('1.2');
const worker = parseWorkerId('wabcd1234');
const output = { job, edge: 0, task: 3, attempt };
const hash = '0123456789abcdef0123456789abcdef';
const sha256 = hash + hash;

const mapOutput: MapOutput = { edge: 0, path: '/w/edge-0.run', bytes: 10, records: 2, hash, partitionBytes: [4, 6] };
const failure = {
  code: 'E_USER_CODE',
  message: 'TypeError: x is not a function',
  record: { file: '/in/a', offset: 0, line: 1, preview: 'a b', key: '"k"', valueIndex: 3 },
  lastSeen: { records: 3, place: { file: '/in/a', offset: 0 } },
  stack: 'job.ts:3:7',
  lost: { stage: 0, task: 4, attempt: '1.1' },
} as const;

export const sampleResult: TaskResult = {
  outputs: [mapOutput],
  parts: [{ output: 0, token: '/out/.o.sheaf-j/part-00000', bytes: 3, records: 1, sha256 }],
  counters: {
    ...{ recordsIn: 1, bytesIn: 2, recordsOut: 3, bytesOut: 4, spills: 0, spilledBytes: 0, combinedRecords: 0, groups: 0 },
    ...{ skippedRecords: 0, invalidUtf8: 0, user: { 'bad lines': 2.5 } },
  },
  durationMs: 12.5,
  cpuMs: 10,
  peakRssBytes: 1e8,
};

const spread = { min: 1.5, median: 2, max: 3, largest: 1 };
const sampleMeasures: StageMeasures = {
  ...{ startedAt: 1, endedAt: 2.5, taskMs: 3, cpuMs: 2.5, recordsIn: 5, bytesIn: 50, recordsOut: 0, bytesOut: 0 },
  ...{ spills: 1, spilledBytes: 0, combinedRecords: 1, groups: 0, sent: [{ edge: 0, records: 4, bytes: 40 }] },
  joined: { keys: 0, left: '"7" (string)', right: '7 (number)' },
  task: { ms: spread, records: spread, bytes: spread },
};

const sampleOutline: Outline = {
  stages: [
    { name: 'map', operators: [{ text: 'read a.txt', place: 'job.ts:3:7', ends: false }], reads: ['a.txt'], writes: [], keys: null },
  ],
  edges: [{ from: 0, to: 1, type: 'hash', key: 'word', sorted: '', combiner: 'sum', side: null }],
};

export const sampleAssignment: TaskAssignment = {
  ...{ job, stage: 0, task: 3, attempt, number: 1, generation: 0 },
  split: {
    input: 0,
    files: [{ path: '/in/a', size: 100, modifiedMs: 1.5, packed: null }],
    pieces: [{ file: 0, from: 0, to: 100 }],
  },
  partitions: { 0: 2 },
  reads: { 1: { from: 0, to: 1 } },
  producers: { 1: 4 },
  counts: { 1: 2 },
  staging: { 0: '/out/.o.sheaf-j' },
};

export const workerMessages: OneOfEach<WorkerMessage> = {
  hello: {
    ...{ type: 'hello', protocol: 2, version: '0.1.0', worker, host: 'here', pid: 4, slots: 2 },
    ...{
      labels: ['gpu'],
      address: '127.0.0.1:1234',
      directory: '/maps',
      running: [{ job, stage: 0, task: 2, attempt, number: 1, generation: 0 }],
    },
    held: [{ job, stage: 0, task: 1, attempt, hashes: { 0: mapOutput.hash } }],
  },
  heartbeat: { type: 'heartbeat', running: 1 },
  progress: { type: 'progress', attempts: [{ attempt, records: 5, bytes: 50 }] },
  succeeded: { type: 'succeeded', job, stage: 0, task: 3, attempt, result: sampleResult },
  failed: { type: 'failed', job, stage: 0, task: 3, attempt, failure, durationMs: 3 },
  'job-opened': { type: 'job-opened', job, failure: null },
  draining: { type: 'draining' },
  'log-lines': { type: 'log-lines', request: 1, text: 'hello\n' },
  fetch: { type: 'fetch', request: 7, worker, output, from: 0, length: 3 },
  fetched: { type: 'fetched', request: 8, answer: { type: 'bytes', outputBytes: 10, bytes: new Uint8Array([1, 2, 3]) } },
};

export const coordinatorMessages: OneOfEach<CoordinatorMessage> = {
  welcome: { type: 'welcome', session: parseSessionId('1.1'), epoch: 1, keep: [attempt], resume: [] },
  refused: { type: 'refused', code: 'E_VERSION', message: 'another version', retry: false },
  'open-job': {
    type: 'open-job',
    job: {
      ...{ job, name: 'word-count', bundle: sha256, sourceMap: sha256, graphHash: sha256, graph: '{}' },
      ...{ params: new Uint8Array([1, 2, 3]), blobs: { '0.0': sha256 }, nonces: [{ path: '/out/.nonce', text: 'n' }] },
    },
  },
  locations: {
    ...{ type: 'locations', job, edge: 0 },
    entries: [{ task: 0, attempt, worker, address: '[::1]:80', host: 'here', path: '/w/r', bytes: 3, hash }],
  },
  assign: { type: 'assign', assignment: sampleAssignment },
  accepted: { type: 'accepted', attempt },
  'cancel-attempt': { type: 'cancel-attempt', attempt, reason: 'the job was cancelled' },
  release: { type: 'release', job, stages: [0, 2], upTo: attempt },
  'close-job': { type: 'close-job', job },
  'read-log': { type: 'read-log', request: 1, attempt, bytesMax: 1000 },
  fetch: { type: 'fetch', request: 8, output, from: 4, length: 3 },
  fetched: { type: 'fetched', request: 7, answer: { type: 'refused', why: 'gone' } },
  drain: { type: 'drain' },
};

export const clientMessages: OneOfEach<ClientMessage> = {
  'client-hello': { type: 'client-hello', protocol: 2, version: '0.1.0' },
  submit: {
    type: 'submit',
    request: 1,
    submission: {
      ...{ job, name: 'word-count', bundle: sha256, sourceMap: null, graph: '{}', params: new Uint8Array(), cwd: '/home/me' },
      ...{ overwrite: false, spools: { '0.0': { sha256, items: 3, bytes: 30 } }, outline: sampleOutline },
    },
  },
  cancel: { type: 'cancel', request: 2, job, reason: 'Ctrl-C' },
  watch: { type: 'watch', request: 3, job },
};

export const serverMessages: OneOfEach<ServerMessage> = {
  'client-welcome': { type: 'client-welcome', epoch: 1, version: '0.1.0' },
  refused: { type: 'refused', code: 'E_VERSION', message: 'another version', retry: false },
  submitted: { type: 'submitted', request: 1, job },
  rejected: { type: 'rejected', request: 1, kind: 'usage', failure },
  status: {
    type: 'status',
    request: 3,
    status: {
      ...{ id: job, name: 'word-count', state: 'running', counters: { recordsIn: 1 }, output: ['/out'], error: failure },
      stages: [{ name: 'map', total: null, done: 1, running: 1, failed: 0, records: 5, bytes: 50, measured: sampleMeasures }],
      ...{ submittedAt: 1, startedAt: 2, endedAt: null },
    },
  },
  note: { type: 'note', request: 3, note: { at: 1, kind: 'attempt-failed', text: 'task 3 failed', failure } },
};
