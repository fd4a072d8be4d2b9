// What the functions of a job get beside a record: one object per attempt, whose `where` follows the record being worked on.

import { FailureError, limits } from '@sheaf/protocol';
import type { LoadedJob } from './loaded-job.ts';

/** The record being worked on; the reader of a split and the groups of a reduce move it. */
export interface Where {
  file: string;
  offset: number;
  record: number;
}

export interface UserContext {
  readonly params: unknown;
  state: unknown;
  readonly task: { readonly stage: string; readonly index: number; readonly attempt: number };
  readonly where: Where;
  readonly log: { info(message: string, fields?: object): void; warn(message: string, fields?: object): void };
  file(name: string): string;
  count(name: string, by?: number): void;
  /** For Sheaf's own functions that count records: called should the record that is on its way be taken back. Absent: none ever is. */
  onTakeBack?(undo: () => void): void;
}

export interface ContextOptions {
  readonly job: LoadedJob;
  readonly stage: string;
  readonly task: number;
  /** 1 for the first attempt. */
  readonly number: number;
  readonly where: Where;
  readonly log: (level: 'info' | 'warn', message: string, fields?: object) => void;
  /** Where `count` counts. */
  readonly counters: Map<string, number>;
  /** What may have to be taken back; null: nothing ever is. */
  readonly held: { onTakeBack(undo: () => void): void } | null;
}

export function userContext(options: ContextOptions): UserContext {
  const { counters, log, held } = options;
  return {
    params: options.job.params,
    state: undefined,
    task: Object.freeze({ stage: options.stage, index: options.task, attempt: options.number }),
    where: options.where,
    log: {
      info: (message, fields) => log('info', message, fields),
      warn: (message, fields) => log('warn', message, fields),
    },
    file: name => fileOf(options.job, name),
    count(name, by = 1) {
      const before = counters.get(name);
      if (before === undefined) checkCounter(name, counters.size);
      counters.set(name, (before ?? 0) + by);
      held?.onTakeBack(() => {
        if (before === undefined) counters.delete(name);
        else counters.set(name, before);
      });
    },
    ...(held === null ? {} : { onTakeBack: (undo: () => void) => held.onTakeBack(undo) }),
  };
}

function fileOf({ files = {} }: LoadedJob, name: string): string {
  const path = Object.hasOwn(files, name) ? files[name] : undefined;
  if (path !== undefined) return path;
  const names = Object.keys(files).join(', ');
  throw new TypeError(`file: the job ships no '${name}'${names === '' ? '; name it in files' : `, but ${names}`}`);
}

function checkCounter(name: unknown, size: number): void {
  if (typeof name !== 'string' || name === '' || name.length > limits.counterNameCharsMax) {
    throw new TypeError(`count: the name of a counter is a text of 1 to ${limits.counterNameCharsMax} characters`);
  }
  if (size >= limits.countersPerJobMax) {
    const message = `the job counts under more than ${limits.countersPerJobMax} names; the last is ${JSON.stringify(name)}. Counters are for a few totals: write keyed counts as records.`;
    throw new FailureError({ code: 'E_TOO_MANY_COUNTERS', message });
  }
}
