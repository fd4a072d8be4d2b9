// Runs a command and measures all of it: time on the clock, CPU seconds of it and of everything it started, and the peak memory.
// CPU seconds come from the shell's `times`, which counts every process that was waited for; memory is read from /proc while the
// command runs, so that elsewhere than on Linux it is not known.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

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
  /** Of all its processes together; null where there is no /proc. */
  readonly peakBytes: number | null;
  /** The highest peak of any one process by what stands in its command line; null where there is no /proc. */
  readonly peakBytesOf: (text: string) => number | null;
}

const sampleMs = 50;

/** Rejects with what the command said when it fails. `folder` takes what it says on standard error. */
export async function measure(command: Command, folder: string): Promise<Measured> {
  const errors = join(folder, 'errors.txt');
  const descriptors = [openSync(command.output, 'w'), openSync(errors, 'w')];
  // The shell stays, runs the command as its child, and says at the end what that cost, on a stream of its own.
  const script = '"$@" >&3 2>&4; code=$?; times; exit $code';
  const started = performance.now();
  const child = spawn('sh', ['-c', script, 'sh', ...command.line], {
    env: { ...process.env, ...command.environment },
    stdio: ['ignore', 'pipe', 'inherit', ...descriptors],
  });
  const memory = new MemoryWatch(child.pid ?? 0);
  const watch = setInterval(() => memory.sample(), sampleMs);
  try {
    const { code, said } = await ended(child);
    const wallSeconds = (performance.now() - started) / 1000;
    if (code !== 0) throw new Error(`${command.line.join(' ')} ended with ${code}:\n${readFileSync(errors, 'utf8')}`);
    return { wallSeconds, cpuSeconds: childSeconds(said), peakBytes: memory.peak(), peakBytesOf: text => memory.peakOf(text) };
  } finally {
    clearInterval(watch);
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

function ended(child: ReturnType<typeof spawn>): Promise<{ readonly code: number | null; readonly said: string }> {
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve({ code, said }));
  });
}

/** The second line of `times`: user and system time of the children, as `0m1.20s 0m0.35s`. */
function childSeconds(times: string): number {
  const [, children = ''] = times.split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}

interface ProcessPeak {
  readonly command: string;
  readonly peakBytes: number;
}

/** Looks at a process and all that it started, again and again. */
class MemoryWatch {
  private readonly root: number;
  private readonly peaks = new Map<number, ProcessPeak>();
  private peakTogether = 0;

  constructor(root: number) {
    this.root = root;
  }

  sample(): void {
    let together = 0;
    const queue = [this.root];
    for (const pid of queue) {
      const status = read(pid, 'status');
      const bytesOf = (field: string): number => 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
      together += bytesOf('VmRSS');
      // A process that has just been forked is a copy of the one that started it: what it is, is read anew each time. One that
      // has ended and is not yet waited for has neither memory nor a command line.
      const peakBytes = bytesOf('VmHWM');
      if (peakBytes > 0) this.peaks.set(pid, { command: read(pid, 'cmdline'), peakBytes });
      queue.push(...read(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number));
    }
    this.peakTogether = Math.max(this.peakTogether, together);
  }

  peak(): number | null {
    return this.peakTogether === 0 ? null : this.peakTogether;
  }

  peakOf(text: string): number | null {
    const peaks = [...this.peaks.values()].filter(({ command }) => command.includes(text)).map(({ peakBytes }) => peakBytes);
    return peaks.length === 0 ? null : Math.max(...peaks);
  }
}

/** Empty for a process that has ended. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
