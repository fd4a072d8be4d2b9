// Jobs that a test writes as a file, so that their functions have places in it, and runs inline over the lines a, b, c, d to see
// what they fail with.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInline } from '@sheaf/cluster/inline';
import type { Failure } from '@sheaf/protocol';
import { TaskMemory } from '@sheaf/worker/executor';
import { afterAll, beforeAll } from 'vitest';
import { newJobId, planJob } from '../../../packages/sheaf/src/submit/submission.ts';

export interface WrittenJobs {
  /** Where the jobs and their `in.txt` lie, once the tests begin. */
  readonly folder: string;
  /** Runs a job of these lines, and gives its failure, in which the file is `job.ts`. */
  failureOf(lines: readonly string[]): Promise<Failure>;
}

/** Before all tests of the file that calls it; what was written is gone after them. */
export function writtenJobs(): WrittenJobs {
  const jobs = new Jobs();
  beforeAll(() => jobs.begin());
  afterAll(() => rmSync(jobs.folder, { recursive: true, force: true }));
  return jobs;
}

class Jobs implements WrittenJobs {
  folder = '';
  private memory: TaskMemory | null = null;
  private count = 0;

  begin(): void {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'sheaf-written-')));
    this.memory = new TaskMemory(16);
    writeFileSync(join(this.folder, 'in.txt'), 'a\nb\nc\nd\n');
  }

  async failureOf(lines: readonly string[]): Promise<Failure> {
    const { folder, memory } = this;
    if (memory === null) throw new Error('the tests have not begun');
    const file = join(folder, `job-${this.count++}.ts`);
    writeFileSync(file, lines.join('\n'));
    const directory = mkdtempSync(join(folder, 'run-'));
    const planned = await planJob({ file, params: {}, cwd: folder, overwrite: false, directory });
    mkdirSync(join(directory, 'tasks'));
    const { error, state } = await runInline({
      id: newJobId(),
      job: { ...planned, spools: {}, memory },
      cwd: folder,
      overwrite: false,
      spools: {},
      directory: join(directory, 'tasks'),
      log: () => {},
    });
    if (error === null) throw new Error(`the job ${state}`);
    return JSON.parse(JSON.stringify(error).replaceAll(file, 'job.ts'));
  }
}
