// An AbortSignal of the program: it cancels the job, and ends the waiting for it.

import type { AbortSignalLike } from './run-options.ts';

/** The signal was aborted, and nothing of the job goes on. */
export class AbortedRun extends Error {
  constructor() {
    super('the run was aborted');
    this.name = 'AbortedRun';
  }
}

/** The work's result; rejects with AbortedRun `graceMs` after the abort, when the work has not ended by then. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignalLike | undefined, graceMs: number): Promise<T> {
  if (signal === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(() => reject(new AbortedRun()), graceMs);
    };
  });
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Calls `aborted` when the signal is, now or later; gives what ends the listening. */
export function onceAborted(signal: AbortSignalLike | undefined, aborted: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) aborted();
  else signal.addEventListener('abort', aborted);
  return () => signal.removeEventListener('abort', aborted);
}
