// Ctrl-C and its kin, for commands that have something to put in order before they end. The first signal asks; the second
// one does not wait.

import { exitCodes } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

const interruptSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export interface Interrupts {
  /** Aborted by the first signal; its reason is the signal's name. */
  readonly signal: AbortSignal;
  /** Signals do what they did before. */
  release(): void;
}

/** One Ctrl-C may come twice: from the terminal, which tells the whole group, and passed on by npx. */
const sameInterruptMs = 300;

/** Takes the signals over until `release`. `again` runs at the second one, and should end the process. */
export function listenForInterrupts(again: () => void): Interrupts {
  const controller = new AbortController();
  let firstAt = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      controller.abort(signal);
    } else if (performance.now() - firstAt >= sameInterruptMs) again();
  };
  for (const signal of interruptSignals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of interruptSignals) process.off(signal, onSignal);
    },
  };
}

/** Does work that has nothing to put in order: the first signal ends the process, and with it what its exit listeners remove. */
export async function endedBySignals<T>(terminal: Terminal, work: () => Promise<T>): Promise<T> {
  const end = (): void => {
    terminal.say('interrupted');
    process.exit(exitCodes.cancelled);
  };
  for (const signal of interruptSignals) process.on(signal, end);
  try {
    return await work();
  } finally {
    for (const signal of interruptSignals) process.off(signal, end);
  }
}

/** Whether a signal that ended another process of ours was one that asks this process to end as well. */
export function isInterrupt(signal: NodeJS.Signals | null): boolean {
  return signal !== null && interruptSignals.includes(signal);
}

/** The signal has come, and what was being done is left undone. */
export class InterruptedError extends Error {
  constructor() {
    super('interrupted');
    this.name = 'InterruptedError';
  }
}

/** The work's result; InterruptedError `graceMs` after the signal, when the work has not ended by then. */
export async function unlessInterrupted<T>(
  work: Promise<T>,
  { signal, graceMs }: { readonly signal: AbortSignal; readonly graceMs: number },
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const interrupted = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(() => reject(new InterruptedError()), graceMs);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
