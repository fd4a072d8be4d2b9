// `npm run demo`: a cluster of three workers counts the words of all Markdown and licence files under node_modules. When the
// first map tasks are done, one worker is killed with -9. What comes out must be what an independent count gives.
// The exit code is 0 only if it does. Whatever happens, no process and no file is left behind.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, startCluster } from '@sheaf/cluster';
import type { Program } from '../program.ts';
import { countWords, pattern } from './count-words.ts';
import { killOneWorker, reassignedTasks } from './kill-one-worker.ts';

/** Map tasks that are done when the worker is killed: every worker has finished some by then, and is at work on another. */
const doneBeforeKill = 6;

export async function main(program: Program): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'sheaf-demo-'));
  const cluster = startCluster({ cli: program.cli, workers: 3, slots: 1, directory });
  const submit = new Submit(program, directory);
  const leaveNothing = (): void => {
    submit.stopNow();
    cluster.stopNow();
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', leaveNothing);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
  try {
    return await runDemo(program, { cluster, submit, out: join(directory, 'counts') });
  } finally {
    await cluster.stop();
    leaveNothing();
    process.off('exit', leaveNothing);
  }
}

interface Demo {
  readonly cluster: Cluster;
  readonly submit: Submit;
  readonly out: string;
}

async function runDemo(program: Program, { cluster, submit, out }: Demo): Promise<number> {
  const started = performance.now();
  const expected = countWords(program.root);
  const size = `${(expected.bytes / 1e6).toFixed(1)} MB`;
  console.log(`Three workers count the words of ${expected.files} Markdown and licence files under node_modules (${size}).`);
  console.log(`One of them will be killed with -9 as soon as ${doneBeforeKill} map tasks are done.\n`);

  const url = await cluster.url;
  const job = join(program.package, 'jobs/slow-word-count.ts');
  const submitted = submit.run([job, '-p', `in=${pattern}`, '-p', `out=${out}`, '--coordinator', url]);
  const killed = await Promise.race([killOneWorker(cluster, { stage: 'map', done: doneBeforeKill }), submitted.then(() => null)]);
  const code = await submitted;
  if (code !== 0) return code;
  if (killed === null) {
    console.log('The job had ended before a worker could be killed.');
    return 1;
  }

  console.log(`\n${killed.name} (${killed.worker}) was killed with -9 when ${killed.done} map tasks were done.`);
  const reassigned = await reassignedTasks(url);
  console.log(`${reassigned.length} of the tasks it had begun or finished were done again elsewhere: ${reassigned.join(', ')}`);
  const counted = readCounts(out);
  printTop(counted);
  const equal = sameCounts(counted, expected.words);
  const words = `${expected.words.size.toLocaleString('en')} different words`;
  console.log(
    equal
      ? `\nAn independent count gives the same: ${words}, each as often.`
      : `\nWRONG: an independent count gives ${words}, and other numbers.`,
  );
  console.log(`Done in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  return equal && reassigned.length > 0 ? 0 : 1;
}

/** `sheaf submit`, as a user would type it, with its progress on this terminal. */
class Submit {
  private readonly program: Program;
  private readonly directory: string;
  private child: ChildProcess | null = null;

  /** Its temporary files lie in `directory`, which the demo removes. */
  constructor(program: Program, directory: string) {
    this.program = program;
    this.directory = directory;
  }

  /** Gives the exit code. */
  run(options: readonly string[]): Promise<number> {
    const { cli, root } = this.program;
    const child = spawn(process.execPath, [cli, 'submit', ...options], {
      cwd: root,
      env: { ...process.env, TMPDIR: this.directory },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.child = child;
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', code => resolve(code ?? 1));
    });
  }

  stopNow(): void {
    this.child?.kill('SIGKILL');
  }
}

/** The job's output: one JSON record a line, in several parts. */
function readCounts(folder: string): ReadonlyMap<string, number> {
  const parts = readdirSync(folder).filter(name => name.startsWith('part-'));
  const lines = parts.flatMap(name => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1));
  return new Map(lines.map(line => JSON.parse(line) as { word: string; n: number }).map(({ word, n }) => [word, n]));
}

function printTop(counts: ReadonlyMap<string, number>): void {
  const top = [...counts].sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1)).slice(0, 10);
  console.log('\nThe ten most frequent words:');
  for (const [word, times] of top) console.log(`${times.toLocaleString('en').padStart(9)}  ${word}`);
}

function sameCounts(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([word, times]) => b.get(word) === times);
}
