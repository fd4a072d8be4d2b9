// An independent MapReduce: one process, arrays, a stable sort. It says which bytes a job must write, and stands beside the
// engine in tests. It shares with the engine only the listing, planning and reading of records, the sinks and the hash that
// chooses a partition; keys are compared as JavaScript values (key-order.ts), and nothing is encoded, spilled or merged.
//
//   tasks ▸ map ▸ (combine in the task) ▸ by partition ▸ stable sort: key, sort key, task, record ▸ (combine) ▸ reduce ▸ sink
//
// Folds run left to right in record order, in the task and then over the tasks. The engine may fold a task's records in
// several goes, so `combine` must be exact: integers, not floats.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Count, type Format, type ListedFile, partitionCount, type Split } from '@sheaf/protocol/graph';
import type { FilesOutput, ListedInput } from '@sheaf/storage';
import { listFiles, makeDecoder, makeEncoder, planSplits, totalBytes } from '@sheaf/storage';
import { hashBytes, partitionOf } from '../../packages/worker/src/data/hash.ts';
import { encodeKey } from '../../packages/worker/src/data/key-codec.ts';
import { compareKeys, type Key, normalKey } from './key-order.ts';

type Pair = readonly [key: unknown, value: unknown];

// biome-ignore lint/suspicious/noExplicitAny: functions of a job take whatever its records are.
type Any = any;

export interface OracleInput {
  /** What is read: files, or items from code. */
  readonly read: { readonly paths: readonly string[]; readonly format: Format } | { readonly items: readonly unknown[] };
  /** Gives pairs, or, in a job without reduce, records. Left out: the records as they are. */
  readonly map?: (record: Any) => Iterable<unknown>;
}

export interface OracleJob {
  readonly inputs: readonly OracleInput[];
  /** Folds the values of one key (and one sort key): reduce then sees one value of each. */
  readonly combine?: (a: Any, b: Any) => unknown;
  /** The sort key of a value: the order of the values of a group. */
  readonly sortValuesBy?: (value: Any) => unknown;
  readonly desc?: boolean;
  /** Left out: no shuffle, a part for each task. */
  readonly reduce?: (key: Any, values: Iterable<Any>) => Iterable<unknown>;
  /** As the graph says it; the default of mapReduce when left out. */
  readonly partitions?: Count;
  readonly partition?: (key: Any, partitions: number) => number;
  readonly output: FilesOutput;
  readonly splitMb?: number;
  /** Relative paths start here. */
  readonly cwd?: string;
}

interface Row {
  readonly key: Key;
  readonly sort: Key;
  readonly value: unknown;
}

const automatic: Count = { type: 'auto', of: 'source', bytesPerTask: 64 * 1_048_576, min: 2, max: 10_000 };

/** The parts of the job, name → bytes before any packing, in the order of their names. */
export async function oracle(job: OracleJob): Promise<Map<string, Buffer>> {
  const listed = await Promise.all(job.inputs.map(input => list(input, job.cwd ?? process.cwd())));
  const tasks = planSplits(listed, job.splitMb ?? 64).map(split => mapped(job.inputs[split.input] as OracleInput, split, listed));
  const parts = job.reduce === undefined ? tasks : reduced(job, tasks, partitionCount(job.partitions ?? automatic, totalBytes(listed)));
  return new Map(parts.map((records, part) => encoded(job.output, records, part)));
}

/** The text of all parts, one behind another. */
export function textOf(parts: ReadonlyMap<string, Buffer>): string {
  return [...parts.values()].map(part => part.toString()).join('');
}

async function list(input: OracleInput, cwd: string): Promise<ListedInput> {
  const { read } = input;
  if ('items' in read) return { type: 'items', count: read.items.length, perTask: null };
  return { type: 'files', files: await listFiles(read.paths, { cwd }), format: read.format };
}

/** What the map of one task gives. */
function mapped(input: OracleInput, split: Split, listed: readonly ListedInput[]): unknown[] {
  const given: unknown[] = [];
  const each = (record: unknown): void => {
    // The engine carries a copy: what the job does to a record afterwards must not show here either.
    for (const one of input.map?.(record) ?? [record]) given.push(copyOf(one));
  };
  const { read } = input;
  const of = listed[split.input];
  if ('items' in read) for (const piece of split.pieces) read.items.slice(piece.from, piece.to).forEach(each);
  else if (of?.type === 'files') readFiles(read.format, split, of.files, each);
  return given;
}

function copyOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? structuredClone(value) : value;
}

/** Each file is shown to the decoder whole, in one window. */
function readFiles(format: Format, split: Split, files: readonly ListedFile[], each: (record: unknown) => void): void {
  const decoder = makeDecoder(format, { recordBytesMax: Number.POSITIVE_INFINITY });
  for (const piece of split.pieces) {
    const file = files[piece.file] as ListedFile;
    const packed = readFileSync(file.path);
    const content = file.packed === null ? packed : gunzipSync(packed);
    const begin = decoder.begin({ file: file.path, from: piece.from, to: file.packed === null ? piece.to : Number.POSITIVE_INFINITY });
    decoder.decode(content, begin, content.length, true, each);
  }
}

function reduced(job: OracleJob, tasks: readonly unknown[][], partitions: number): unknown[][] {
  const rows: Row[][] = Array.from({ length: partitions }, () => []);
  for (const task of tasks) {
    const ofTask = (task as Pair[]).map(([key, value]) => rowOf(job, key as Key, value));
    for (const row of job.combine === undefined ? ofTask : combined(job, sorted(job, ofTask))) {
      rows[partitionOfKey(job, row.key, partitions)]?.push(row);
    }
  }
  return rows.map(ofPartition => {
    const inOrder = sorted(job, ofPartition);
    return groups(job, job.combine === undefined ? inOrder : combined(job, inOrder));
  });
}

function rowOf(job: OracleJob, key: Key, value: unknown): Row {
  return { key: normalKey(key), sort: (job.sortValuesBy?.(value) ?? null) as Key, value };
}

function partitionOfKey(job: OracleJob, key: Key, partitions: number): number {
  if (job.partition !== undefined) return job.partition(key, partitions);
  const bytes = new Uint8Array(65_536);
  return partitionOf(hashBytes(bytes, 0, encodeKey(key, bytes, 0, bytes.length)), partitions);
}

/** By key and sort key. The sort is stable and rows come task by task, so that equal ones stay in the order of task and record. */
function sorted(job: OracleJob, rows: readonly Row[]): Row[] {
  return [...rows].sort(
    (a, b) => compareKeys(a.key, b.key) || (job.desc === true ? compareKeys(b.sort, a.sort) : compareKeys(a.sort, b.sort)),
  );
}

/** Neighbours with equal key and sort key, folded into the first of them. */
function combined(job: OracleJob, rows: readonly Row[]): Row[] {
  const folded: Row[] = [];
  for (const row of rows) {
    const last = folded.at(-1);
    if (last === undefined || compareKeys(last.key, row.key) !== 0 || compareKeys(last.sort, row.sort) !== 0) folded.push(row);
    else folded[folded.length - 1] = { ...last, value: job.combine?.(last.value, row.value) };
  }
  return folded;
}

/** What reduce gives for one group after another. */
function groups(job: OracleJob, rows: readonly Row[]): unknown[] {
  const records: unknown[] = [];
  for (let from = 0, to = 0; from < rows.length; from = to) {
    const { key } = rows[from] as Row;
    while (to < rows.length && compareKeys((rows[to] as Row).key, key) === 0) to++;
    const values = rows.slice(from, to).map(row => row.value);
    for (const record of job.reduce?.(key, values.values()) ?? []) records.push(copyOf(record));
  }
  return records;
}

function encoded(output: FilesOutput, records: readonly unknown[], part: number): [string, Buffer] {
  const pieces: Buffer[] = [];
  const sink = {
    text: (text: string): unknown => pieces.push(Buffer.from(text)),
    bytes: (source: Uint8Array, from: number, to: number): unknown => pieces.push(Buffer.from(source.slice(from, to))),
  };
  const encoder = makeEncoder(output);
  encoder.begin(sink);
  for (const record of records) encoder.write(record, sink);
  return [`part-${String(part).padStart(5, '0')}${encoder.extension}`, Buffer.concat(pieces)];
}
