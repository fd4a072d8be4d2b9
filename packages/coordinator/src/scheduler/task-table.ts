// What is known of each task of a stage, in typed arrays: state, the attempt that counts, and of its outputs hash, size and
// place. About 85 bytes for a task with one output, so that a million tasks are tens of megabytes.
// The attempt and the hashes stay when a task is uncommitted: its worker may come back with them, and other bytes are noticed.

import { type AttemptId, attemptIdOf, type Epoch, epochOf } from '@sheaf/protocol';
import type { OutputPart, PackPlace } from '@sheaf/protocol/messages';
import { assert, found } from './assert.ts';
import { CounterTable } from './counter-table.ts';
import { IndexSet } from './index-set.ts';
import { LocationLog } from './location-log.ts';
import type { CommittedOutput } from './records.ts';
import { type SentOutput, TaskMeasures } from './task-measures.ts';

/** Where an output is of which no worker is known to have it. */
export const nowhere = -1;

const hashBytes = 16;

/** One edge that leaves the stage: the output of each task on it. */
class OutputColumn {
  readonly edge: number;
  private readonly hashes: Uint8Array;
  private readonly bytes: Float64Array;
  private readonly rawBytes: Float64Array;
  private readonly records: Float64Array;
  /** Of outputs that lie in packs: number of the pack, plus one, and their first byte there. Made with the first of them. */
  private packs: { readonly pack: Uint32Array; readonly at: Float64Array } | null = null;

  constructor(edge: number, tasks: number) {
    this.edge = edge;
    this.hashes = new Uint8Array(tasks * hashBytes);
    this.bytes = new Float64Array(tasks);
    this.rawBytes = new Float64Array(tasks);
    this.records = new Float64Array(tasks);
  }

  set(task: number, output: CommittedOutput): void {
    assert(output.hash.length === 2 * hashBytes, `a hash is ${hashBytes} bytes`);
    for (let i = 0; i < hashBytes; i++) {
      this.hashes[task * hashBytes + i] = hexDigit(output.hash, 2 * i) * 16 + hexDigit(output.hash, 2 * i + 1);
    }
    this.bytes[task] = output.bytes;
    this.rawBytes[task] = output.rawBytes;
    this.records[task] = output.records ?? 0;
    this.setPlace(task, output.packed);
  }

  private setPlace(task: number, packed: PackPlace | undefined): void {
    if (packed === undefined && this.packs === null) return;
    const tasks = this.bytes.length;
    this.packs ??= { pack: new Uint32Array(tasks), at: new Float64Array(tasks) };
    this.packs.pack[task] = packed === undefined ? 0 : packed.pack + 1;
    this.packs.at[task] = packed?.at ?? 0;
  }

  private place(task: number): Pick<CommittedOutput, 'packed'> {
    const pack = this.packs?.pack[task] ?? 0;
    return pack === 0 ? {} : { packed: { pack: pack - 1, at: this.packs?.at[task] ?? 0 } };
  }

  get(task: number): CommittedOutput {
    let hash = '';
    for (const byte of this.hashes.subarray(task * hashBytes, (task + 1) * hashBytes)) hash += byte.toString(16).padStart(2, '0');
    return { edge: this.edge, hash, ...this.sizes(task), rawBytes: this.rawBytes[task] ?? 0, ...this.place(task) };
  }

  sizes(task: number): { readonly bytes: number; readonly records: number } {
    return { bytes: this.bytes[task] ?? 0, records: this.records[task] ?? 0 };
  }

  rawTotal(): number {
    return this.rawBytes.reduce((sum, bytes) => sum + bytes, 0);
  }
}

function hexDigit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}

export class TaskTable {
  readonly count: number;
  /** Index into `taskStates`. Changed by `moveTask` alone. */
  readonly state: Uint8Array;
  /** May be assigned now, as far as the task itself is concerned. Changed by `moveTask` alone. */
  readonly ready: IndexSet;
  /** Index of the worker that has the task's outputs, or `nowhere`. Changed by `place` alone. */
  readonly worker: Int32Array;
  readonly counters: CounterTable;
  readonly measures: TaskMeasures;
  readonly log: LocationLog;
  readonly parts: Map<number, readonly OutputPart[]> = new Map();
  private readonly columns: ReadonlyMap<number, OutputColumn>;
  private readonly winnerEpoch: Uint32Array;
  private readonly winnerCounter: Uint32Array;

  constructor(count: number, edges: readonly number[]) {
    this.count = count;
    this.state = new Uint8Array(count);
    this.ready = new IndexSet(count);
    for (let task = 0; task < count; task++) this.ready.add(task);
    this.worker = new Int32Array(edges.length > 0 ? count : 0).fill(nowhere);
    this.counters = new CounterTable(count);
    this.measures = new TaskMeasures(count, edges);
    this.log = new LocationLog(edges.length > 0 ? count : 0);
    this.columns = new Map(edges.map(edge => [edge, new OutputColumn(edge, count)]));
    this.winnerEpoch = new Uint32Array(count);
    this.winnerCounter = new Uint32Array(count);
  }

  /** The attempt that counts, or counted last; null: the task never committed. */
  winner(task: number): AttemptId | null {
    const epoch = found(this.winnerEpoch[task], 'task');
    return epoch === 0 ? null : attemptIdOf(epochOf(epoch), found(this.winnerCounter[task], 'task'));
  }

  setWinner(task: number, attempt: AttemptId, outputs: readonly CommittedOutput[]): void {
    const [epoch, counter] = attempt.split('.').map(Number) as [Epoch, number];
    assert(counter < 2 ** 32, 'attempts of one life are fewer than 2 ** 32');
    this.winnerEpoch[task] = epoch;
    this.winnerCounter[task] = counter;
    for (const output of outputs) found(this.columns.get(output.edge), 'edge of the stage').set(task, output);
  }

  output(task: number, edge: number): CommittedOutput {
    return found(this.columns.get(edge), 'edge of the stage').get(task);
  }

  outputs(task: number): readonly CommittedOutput[] {
    return [...this.columns.values()].map(column => column.get(task));
  }

  /** What the task sent on each edge, without the hashes. */
  sent(task: number): readonly SentOutput[] {
    return [...this.columns.values()].map(column => ({ edge: column.edge, ...column.sizes(task) }));
  }

  /** Raw bytes of all tasks on an edge. */
  rawTotal(edge: number): number {
    return found(this.columns.get(edge), 'edge of the stage').rawTotal();
  }
}
