// `sheaf run --inline`: the same stages in this one process, one task after another. Breakpoints and console work, and the
// first error ends the run.

import { join } from 'node:path';
import { type InlineJob, runInline } from '@sheaf/cluster/inline';
import type { JobStatus } from '@sheaf/protocol/messages';
import { TaskMemory } from '@sheaf/worker/executor';
import { writeItemSpools } from '../submit/item-spools.ts';
import { newJobId, planJob } from '../submit/submission.ts';
import type { CommandContext } from './command-line.ts';
import type { ExitCode } from './exit-codes.ts';
import { type FollowOptions, progressFor, tellEnd } from './follow-job.ts';
import { listenForInterrupts } from './interrupt.ts';
import { type JobArguments, jobRequestOf, withTemporaryFolder } from './job-arguments.ts';

interface InlineOptions extends JobArguments {
  readonly json?: boolean;
}

export async function runInlineCommand(file: string, options: InlineOptions, { terminal }: CommandContext): Promise<ExitCode> {
  const follow: FollowOptions = { terminal, json: options.json === true };
  const progress = progressFor(follow);
  const interrupts = listenForInterrupts(() => process.exit(130));
  const status = await withTemporaryFolder(async directory => {
    try {
      const request = jobRequestOf(file, options, { terminal, directory });
      const { name, bundle, params, graph, functions } = await planJob(request);
      const spools = await writeItemSpools({ graph, functions }, directory);
      const inline: InlineJob = {
        id: newJobId(),
        job: {
          name,
          graph,
          functions,
          params,
          memory: new TaskMemory(graph.settings.memoryMb),
          spools: Object.fromEntries(spools.map(spool => [spool.name, spool.path])),
          bundlePath: join(directory, `${bundle.sha256}.mjs`),
        },
        cwd: request.cwd,
        overwrite: request.overwrite,
        spools: Object.fromEntries(spools.map(spool => [spool.name, spool])),
        directory: join(directory, 'runs'),
        log: (level, message, fields) => progress.say(JSON.stringify({ level, msg: message, ...fields })),
        onStatus: (now: JobStatus) => progress.status(now),
        signal: interrupts.signal,
      };
      progress.say(`${name} (${inline.id}) inline: one process, one task at a time`);
      return await runInline(inline);
    } finally {
      progress.end();
      interrupts.release();
    }
  });
  return tellEnd(status, follow);
}
