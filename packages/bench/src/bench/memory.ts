// `npm run bench -- memory`: far more input than memory, through real executor processes with a budget of 64 MB each. What an
// executor takes may be what it takes when there is next to nothing to do, and the budget, and an allowance for the heap that
// functions of a job use; however large the input is, and also when one key holds half of it.

import { join } from 'node:path';
import type { Program } from '../program.ts';
import type { DataFolder, Input, InputKind } from './data/data-folder.ts';
import { measure } from './measuring/measure.ts';
import { machineText, megabytes, tableOf } from './report.ts';
import { sheafRun, slots } from './works/work.ts';

const budgetBytes = 64 * 2 ** 20;
/** For young generation, lines on their way and garbage that waits for its collector. */
const heapAllowanceBytes = 64 * 2 ** 20;
/** What executors are known by on their command line. */
const executorProgram = 'executor.cjs';

export interface MemoryOptions {
  readonly data: DataFolder;
  readonly gigabytes: number;
  /** Told after each job. */
  readonly say: (text: string) => void;
}

export interface MemoryResult {
  readonly text: string;
  readonly withinLimits: boolean;
}

/** Runs the jobs and gives the figures as text. */
export async function measureMemory(program: Program, { data, gigabytes, say }: MemoryOptions): Promise<MemoryResult> {
  const large = (kind: InputKind): Input => data.repeated(data.file(kind, 1_000), gigabytes);
  const jobs = [
    { name: 'word count', job: join(program.root, 'examples/word-count/job.ts'), kind: 'words' },
    { name: 'sort', job: join(program.package, 'jobs/sort-lines.ts'), kind: 'lines' },
    { name: 'one key holds half', job: join(program.package, 'jobs/half-in-one-key.ts'), kind: 'lines' },
  ] as const;
  const measured: { readonly name: string; readonly idle: number; readonly peak: number; readonly seconds: number }[] = [];
  for (const { name, job, kind } of jobs) {
    const idle = await executorPeak(program, { data, job, input: data.file(kind, 1) });
    const busy = await executorPeak(program, { data, job, input: large(kind) });
    say(`${name}: ${megabytes(busy.peak)} at most, ${megabytes(idle.peak)} with next to nothing to do, ${busy.seconds.toFixed(0)} s`);
    measured.push({ name, idle: idle.peak, peak: busy.peak, seconds: busy.seconds });
  }
  const limitOf = (idle: number): number => idle + budgetBytes + heapAllowanceBytes;
  const rows = measured.map(({ name, idle, peak, seconds }) => [
    name,
    megabytes(peak),
    megabytes(limitOf(idle)),
    megabytes(idle),
    `${seconds.toFixed(0)} s`,
  ]);
  const about = `${machineText()}. ${gigabytes} GB of input, two executors with a budget of 64 MB each. An executor may take what it takes with next to nothing to do, its budget, and ${megabytes(heapAllowanceBytes)} of heap.`;
  return {
    text: `${about}\n\n${tableOf(['', 'peak of an executor', 'limit', 'with 1 MB of input', 'time'], rows)}`,
    withinLimits: measured.every(({ idle, peak }) => peak <= limitOf(idle)),
  };
}

interface Run {
  readonly data: DataFolder;
  readonly job: string;
  readonly input: Input;
}

/** The highest peak of any executor of one run on a simulated cluster. */
async function executorPeak(program: Program, { data, job, input }: Run): Promise<{ readonly peak: number; readonly seconds: number }> {
  const folder = data.scratch();
  const run = sheafRun(program, { job, params: { in: input.path }, options: slots(2) });
  const measured = await measure(run(folder), folder);
  data.scratch();
  const peak = measured.peakBytesOf(executorProgram);
  if (peak === null) throw new Error('the memory of other processes can be read on Linux only');
  return { peak, seconds: measured.wallSeconds };
}
