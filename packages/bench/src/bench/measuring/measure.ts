// Runs a command and measures all of it: time on the clock, CPU seconds of it and of everything it started, and the peak memory.
// CPU seconds come from the shell's `times`, which counts every process that was waited for; memory is read from /proc while the
// command runs, so that elsewhere than on Linux it is not known.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryWatch } from './memory-watch.ts';
import { cpuSecondsOf, pidsOfTrees } from './process-tree.ts';

export interface Command {
  /** The program and its arguments. */
  readonly line: readonly string[];
  /** Where its standard output goes. */
  readonly output: string;
  readonly environment?: { readonly [name: string]: string };
}

export interface Measured {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Of all its processes together; null where there is no /proc, or nobody looked. */
  readonly peakBytes: number | null;
  /** The highest peak of any one process by what stands in its command line; null where there is no /proc. */
  readonly peakBytesOf: (text: string) => number | null;
}

export interface MeasureOptions {
  /** Processes that work for the command, whose CPU seconds and memory count too, with those of what they have started. */
  readonly beside?: readonly number[];
  /** The clock stops when the files of this folder's file system are on its disk. */
  readonly untilDurable?: string | null;
  /** How often memory is looked at; null: never, as it takes some hundredths of a core. Default: ten times a second. */
  readonly sampleMs?: number | null;
}

/** A command that takes longer is ended, and fails. */
const secondsMax = 3_600;
const errorCharsShown = 2_000;

/** Rejects with what the command said when it fails. `folder` takes what it says on standard error. */
export async function measure(command: Command, folder: string, options: MeasureOptions = {}): Promise<Measured> {
  const { beside = [], untilDurable = null, sampleMs = 100 } = options;
  const errors = join(folder, 'errors.txt');
  const descriptors = [openSync(command.output, 'w'), openSync(errors, 'w')];
  // The shell stays, runs the command as its child, and says at the end what that cost, on a stream of its own.
  const durable = untilDurable === null ? '' : 'sync -f "$FOLDER_TO_SYNC"; ';
  const script = `"$@" >&3 2>&4; code=$?; ${durable}times; exit $code`;
  const cpuBefore = cpuSecondsOf(pidsOfTrees(beside));
  const started = performance.now();
  const child = spawn('sh', ['-c', script, 'sh', ...command.line], {
    env: { ...process.env, ...command.environment, ...(untilDurable === null ? {} : { FOLDER_TO_SYNC: untilDurable }) },
    stdio: ['ignore', 'pipe', 'inherit', ...descriptors],
  });
  const memory = sampleMs === null ? null : new MemoryWatch([child.pid ?? 0, ...beside], sampleMs);
  const endNow = (): void => endTree(child);
  const limit = setTimeout(endNow, secondsMax * 1_000);
  process.once('exit', endNow);
  try {
    const { code, said } = await ended(child);
    const wallSeconds = (performance.now() - started) / 1000;
    if (code !== 0) throw new Error(`${command.line.join(' ')} ended with ${code}:\n${endOf(readFileSync(errors, 'utf8'))}`);
    const cpuSeconds = childSeconds(said) + (cpuSecondsOf(pidsOfTrees(beside)) - cpuBefore);
    return { wallSeconds, cpuSeconds, peakBytes: memory?.peak() ?? null, peakBytesOf: text => memory?.peakOf(text) ?? null };
  } finally {
    clearTimeout(limit);
    process.off('exit', endNow);
    memory?.stop();
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly said: string }> {
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve({ code, said }));
  });
}

function endTree(child: ChildProcess): void {
  for (const pid of pidsOfTrees([child.pid ?? 0])) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }
}

function endOf(text: string): string {
  return text.length <= errorCharsShown ? text : `…${text.slice(-errorCharsShown)}`;
}

/** The second line of `times`: user and system time of the children, as `0m1.20s 0m0.35s`. */
function childSeconds(times: string): number {
  const [, children = ''] = times.split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}
