// What the tasks of a stage took, and what they read and sent: typed arrays by task, 17 bytes each (of figures of single tasks the
// first seven digits), and the sums over those that count. Spreads are worked out when somebody asks, and then only if enough
// has changed since: while tasks commit, all asking together costs no more than a few times the last answer.

import type { JoinedKeys, Spread, StageMeasures, TaskResult } from '@sheaf/protocol/messages';
import { counterNames } from './counter-table.ts';

export interface MeasuredTask {
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly records: number;
  readonly bytes: number;
  /** Of a task that joins. */
  readonly joined?: JoinedKeys | undefined;
}

/** What a task sent on one edge. */
export interface SentOutput {
  readonly edge: number;
  readonly records?: number;
  readonly bytes: number;
}

interface Counted {
  readonly by: 1 | -1;
  readonly sent: readonly SentOutput[];
}

/** A tenth more tasks, and the spreads are made anew. */
const growth = 1.1;

export class TaskMeasures {
  private readonly durations: Float32Array;
  private readonly cpu: Float32Array;
  private readonly records: Float32Array;
  private readonly bytes: Float32Array;
  /** 1: the task counts. */
  private readonly counts: Uint8Array;
  /** How many count. Changed by `count` alone. */
  counted = 0;
  private taskMs = 0;
  private cpuMs = 0;
  private readonly sent: Map<number, { records: number; bytes: number }>;
  private spanned: { readonly startedAt: number; readonly endedAt: number } | null = null;
  /** Keys that both sides had, by task; null for a stage that does not join. */
  private joinedKeys: Float32Array | null = null;
  private joined: { keys: number; left: string | null; right: string | null } = { keys: 0, left: null, right: null };
  private spread: { readonly of: number; readonly task: StageMeasures['task'] } | null = null;

  constructor(tasks: number, edges: readonly number[]) {
    this.durations = new Float32Array(tasks);
    this.cpu = new Float32Array(tasks);
    this.records = new Float32Array(tasks);
    this.bytes = new Float32Array(tasks);
    this.counts = new Uint8Array(tasks);
    this.sent = new Map(edges.map(edge => [edge, { records: 0, bytes: 0 }]));
  }

  /** From the start of the first task to the end of the last; null before there is one. */
  get span(): { readonly startedAt: number; readonly endedAt: number } | null {
    return this.spanned;
  }

  /** The span as it was known before: of tasks that were told without their times. */
  setSpan(startedAt: number, endedAt: number): void {
    this.spanned = { startedAt, endedAt };
  }

  /** What an attempt took that committed at a time. The task does not count by that. */
  set(task: number, at: number, { durationMs, cpuMs, records, bytes, joined }: MeasuredTask): void {
    this.durations[task] = durationMs;
    this.cpu[task] = cpuMs;
    this.records[task] = records;
    this.bytes[task] = bytes;
    if (joined !== undefined) {
      this.joinedKeys ??= new Float32Array(this.counts.length);
      this.joinedKeys[task] = joined.keys;
      this.joined.left ??= joined.left;
      this.joined.right ??= joined.right;
    }
    const { startedAt, endedAt } = this.spanned ?? { startedAt: Number.POSITIVE_INFINITY, endedAt: 0 };
    this.spanned = { startedAt: Math.min(startedAt, Math.max(0, at - durationMs)), endedAt: Math.max(endedAt, at) };
  }

  /** What a task took and joined, as it was set last; the examples of keys are those of the stage. */
  took(task: number): Pick<TaskResult, 'durationMs' | 'cpuMs' | 'joined'> {
    const times = { durationMs: this.durations[task] ?? 0, cpuMs: this.cpu[task] ?? 0 };
    return this.joinedKeys === null ? times : { ...times, joined: { ...this.joined, keys: this.joinedKeys[task] ?? 0 } };
  }

  /** The task counts from now on, with what it sent, or no longer. */
  count(task: number, { by, sent }: Counted): void {
    this.counts[task] = by === 1 ? 1 : 0;
    this.counted += by;
    this.taskMs += by * (this.durations[task] ?? 0);
    this.cpuMs += by * (this.cpu[task] ?? 0);
    this.joined.keys += by * (this.joinedKeys?.[task] ?? 0);
    for (const { edge, records = 0, bytes } of sent) {
      const sums = this.sent.get(edge);
      if (sums === undefined) continue;
      sums.records += by * records;
      sums.bytes += by * bytes;
    }
    if (by === -1) this.spread = null;
  }

  /** Of the tasks that count; null when there are none. `counters`: their sums, in the order of `counterNames`. */
  measures(counters: ArrayLike<number>): StageMeasures | null {
    if (this.counted === 0 || this.spanned === null) return null;
    const sum = (name: (typeof counterNames)[number]): number => counters[counterNames.indexOf(name)] ?? 0;
    return {
      ...this.spanned,
      taskMs: this.taskMs,
      cpuMs: this.cpuMs,
      recordsIn: sum('recordsIn'),
      bytesIn: sum('bytesIn'),
      recordsOut: sum('recordsOut'),
      bytesOut: sum('bytesOut'),
      spills: sum('spills'),
      spilledBytes: sum('spilledBytes'),
      combinedRecords: sum('combinedRecords'),
      groups: sum('groups'),
      sent: [...this.sent].map(([edge, sums]) => ({ edge, ...sums })),
      ...(this.joinedKeys === null ? {} : { joined: { ...this.joined } }),
      task: this.spreads(),
    };
  }

  private spreads(): StageMeasures['task'] {
    const known = this.spread;
    const due = known === null || this.counted >= known.of * growth || this.counted === this.counts.length;
    if (known !== null && (!due || known.of === this.counted)) return known.task;
    const task = { ms: this.spreadOf(this.durations), records: this.spreadOf(this.records), bytes: this.spreadOf(this.bytes) };
    this.spread = { of: this.counted, task };
    return task;
  }

  private spreadOf(values: Float32Array): Spread {
    const counting = new Float64Array(this.counted);
    let filled = 0;
    let largest = -1;
    for (let task = 0; task < values.length; task++) {
      if (this.counts[task] === 0) continue;
      counting[filled++] = values[task] ?? 0;
      if (largest < 0 || (values[task] ?? 0) > (values[largest] ?? 0)) largest = task;
    }
    const median = counting.length === 0 ? 0 : selected(counting, (counting.length - 1) >> 1);
    let min = Number.POSITIVE_INFINITY;
    for (const value of counting) if (value < min) min = value;
    return { min: counting.length === 0 ? 0 : min, median, max: values[largest] ?? 0, largest };
  }
}

/** The value at a place of the sorted list, by quickselect: sorting a million takes too long for a coordinator. Reorders the list. */
function selected(list: Float64Array, place: number): number {
  let from = 0;
  let to = list.length - 1;
  while (from < to) {
    const pivot = middleOf(list[from] ?? 0, list[(from + to) >> 1] ?? 0, list[to] ?? 0);
    let low = from;
    let high = to;
    while (low <= high) {
      while ((list[low] as number) < pivot) low++;
      while ((list[high] as number) > pivot) high--;
      if (low > high) break;
      const value = list[low] as number;
      list[low++] = list[high] as number;
      list[high--] = value;
    }
    if (place <= high) to = high;
    else if (place >= low) from = low;
    else break;
  }
  return list[place] ?? 0;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
