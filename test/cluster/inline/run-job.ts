// Runs a job object inline, in a folder of its own: compiled without a bundle, planned, run to its end and published, by the
// same code as `sheaf run --inline`. What the run leaves on disk is told too, so that a test can say that it is nothing.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { type InlineJob, runInline } from '@sheaf/cluster/inline';
import { type CompiledJob, type Decided, openJob } from '@sheaf/job/open';
import { jobIdOf } from '@sheaf/protocol';
import type { JobStatus } from '@sheaf/protocol/messages';
import { TaskMemory } from '@sheaf/worker/executor';
import { writeItemSpools } from '../../../packages/sheaf/src/submit/item-spools.ts';

export interface RunJobOptions {
  readonly params?: { readonly [name: string]: unknown };
  /** Written before the run: path inside the folder → content. */
  readonly files?: { readonly [path: string]: string | Uint8Array };
  readonly overwrite?: boolean;
  /** What is decided of the plan at submit. Default: nothing. */
  readonly decide?: (compiled: CompiledJob) => Decided;
  /** More than a few megabytes are read and written. */
  readonly large?: boolean;
  /** The file that holds the job's functions: errors with a frame of it are the job's. Left out: every error is. */
  readonly jobFile?: string;
  /** Told of the run's folder too; run files lie in `.work`. */
  readonly onStatus?: (status: JobStatus, folder: string) => void;
  readonly signal?: AbortSignal;
}

export interface RanJob {
  readonly status: JobStatus;
  /** Of the first output, by path in it, in the order of paths; empty when the job failed. */
  readonly parts: Map<string, Buffer>;
  /** Of every output, by its folder inside the run's folder; those of the dead letters are the last. */
  readonly outputs: ReadonlyMap<string, Map<string, Buffer>>;
  /** What lies in the folder and is neither an input nor an output. */
  readonly left: readonly string[];
  readonly logged: readonly string[];
  /** The run's folder: gone by now, but errors name files in it. */
  readonly folder: string;
}

/** Where syncing a file costs nothing, if there is such a place: these runs are many and small. */
const quickFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const memories = new Map<number, TaskMemory>();
let jobs = 0;

/** Runs the job; relative paths of the job are inside a new folder, which is removed when the run has ended. */
export async function runJob(job: unknown, options: RunJobOptions = {}): Promise<RanJob> {
  const folder = realpathSync(mkdtempSync(join(options.large === true ? tmpdir() : quickFolder, 'sheaf-inline-')));
  try {
    const files = Object.entries(options.files ?? {});
    for (const [path, content] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    const { inline, logged } = await inlineJob(job, { ...options, folder });
    const status = await runInline(inline);
    const folders = status.skipped === undefined ? status.output : [...status.output, status.skipped.deadLetters];
    const outputs = new Map(folders.map(path => [relative(folder, resolve(folder, path)), partsOf(path)]));
    const ours = [...files.map(([path]) => path), ...outputs.keys()];
    const left = filesUnder(folder).filter(path => !ours.some(own => `${own}/`.startsWith(`${path}/`) || path.startsWith(`${own}/`)));
    return { status, parts: [...outputs.values()][0] ?? new Map(), outputs, left, logged, folder };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inlineJob(job: unknown, options: RunJobOptions & { folder: string }): Promise<{ inline: InlineJob; logged: string[] }> {
  const { folder, params: raw = {}, overwrite = false, jobFile = '', onStatus, signal } = options;
  const opened = openJob(job);
  const params = await opened.validate(raw);
  const undecided = opened.compile(params);
  const compiled = options.decide === undefined ? undecided : opened.compile(params, options.decide(undecided));
  const directory = join(folder, '.work');
  mkdirSync(directory);
  const spools = await writeItemSpools(compiled, directory);
  const logged: string[] = [];
  const inline: InlineJob = {
    id: jobIdOf(Date.now(), String(jobs++ % 10_000).padStart(4, '0')),
    job: {
      ...compiled,
      name: opened.name,
      params,
      memory: memoryOf(compiled.graph.settings.memoryMb),
      spools: Object.fromEntries(spools.map(spool => [spool.name, spool.path])),
      bundlePath: jobFile,
    },
    cwd: folder,
    overwrite,
    spools: Object.fromEntries(spools.map(spool => [spool.name, spool])),
    directory,
    log: (level, message) => logged.push(`${level}: ${message}`),
    ...(onStatus === undefined ? {} : { onStatus: (status: JobStatus) => onStatus(status, folder) }),
    ...(signal === undefined ? {} : { signal }),
  };
  return { inline, logged };
}

/** One memory for each size, used by run after run like an executor's: what a task leaves in it must not reach the next. */
function memoryOf(memoryMb: number): TaskMemory {
  let memory = memories.get(memoryMb);
  if (memory === undefined) {
    memory = new TaskMemory(memoryMb);
    memories.set(memoryMb, memory);
  }
  return memory;
}

function partsOf(folder: string): Map<string, Buffer> {
  if (!existsSync(folder)) return new Map();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  const names = entries.map(entry => relative(folder, join(entry.parentPath, entry.name))).filter(name => name !== '_SUCCESS');
  return new Map(names.sort().map(name => [name, readFileSync(join(folder, name))]));
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort();
}
