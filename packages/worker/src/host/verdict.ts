// What the death of an executor says about the attempt that ran in it. A pure function of how the process ended, so that
// each ending a user can cause has one clear name: ended by the job, out of memory, killed, never started.

import { constants } from 'node:os';
import { type Failure, limits, type RecordPlace } from '@sheaf/protocol';

export interface ProcessEnd {
  /** What the executor was doing. */
  readonly phase: 'starting' | 'idle' | 'running';
  readonly code: number | null;
  readonly signal: string | null;
  /** The last bytes it wrote to stderr. */
  readonly stderr: string;
  readonly heapMb: number;
  /** What it did that the worker itself ended it for, if it did. */
  readonly ended: string | null;
  /** What it said when its own code ended it: at which record, and the frames of the user's sources. */
  readonly exit: { readonly place: RecordPlace | undefined; readonly stack: string } | null;
}

/** A shell says 128 + n for a process that signal n killed, and a job may well run under one. */
const abortCode = 128 + constants.signals.SIGABRT;

export function verdictOf(end: ProcessEnd): Failure {
  const how = describe(end);
  if (end.phase === 'starting') return { code: 'E_EXECUTOR_START', message: `the executor process did not start: ${how}${lastWords(end)}` };
  if (isOutOfMemory(end)) {
    const advice = `settings.heapMb is ${end.heapMb}; raise it, or keep less in memory`;
    return { code: 'E_OUT_OF_MEMORY', message: `the job used more heap than it may (${advice})` };
  }
  if (end.ended !== null) return { code: 'E_EXIT', message: `the executor process was ended: ${end.ended}` };
  if (end.signal !== null) {
    const hint = end.signal === 'SIGKILL' ? '; the system kills processes when memory runs out' : '';
    return { code: 'E_CRASHED', message: `the executor process was killed by ${end.signal}${hint}${lastWords(end)}` };
  }
  const message = `the job ended its process with exit code ${end.code}; a task ends by returning, not by process.exit${lastWords(end)}`;
  const { place, stack = '' } = end.exit ?? {};
  return { code: 'E_EXIT', message, ...(place === undefined ? {} : { record: place }), ...(stack === '' ? {} : { stack }) };
}

/** V8 writes why it gives up and aborts. */
function isOutOfMemory({ code, signal, stderr }: ProcessEnd): boolean {
  if (code === abortCode) return true;
  const gaveUp = signal === 'SIGABRT' || signal === 'SIGTRAP' || signal === 'SIGILL';
  return gaveUp && /heap out of memory|Reached heap limit|process out of memory/i.test(stderr);
}

function describe({ code, signal, ended }: ProcessEnd): string {
  if (ended !== null) return ended;
  return signal === null ? `it ended with exit code ${code}` : `it was killed by ${signal}`;
}

function lastWords({ stderr }: ProcessEnd): string {
  const text = stderr.trim().slice(-limits.recordPreviewChars);
  return text === '' ? '' : `. It wrote last: ${text}`;
}
