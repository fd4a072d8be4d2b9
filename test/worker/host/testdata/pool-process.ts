// A process with a pool of two executors that spin, one of them with a child of its own. It is there to be killed.

import { attemptIdOf, epochOf, parseJobId } from '@sheaf/protocol';
import { pino } from 'pino';
import { AttemptLogs } from '../../../../packages/worker/src/host/attempt-logs.ts';
import { ExecutorPool } from '../../../../packages/worker/src/host/executor-pool.ts';

const [executorPath = '', folder = '', mode = ''] = process.argv.slice(2);
const job = parseJobId('jaaaaaaaaaaaa');
const logs = new AttemptLogs(folder);
const behaviours = ['spin', 'grandchild'];

const pool = new ExecutorPool({
  executorPath,
  usesSetpriv: mode === 'setpriv',
  logger: pino({ level: 'silent' }),
  eventsOf: executor => ({
    ready: () => run(executor),
    succeeded: () => undefined,
    failed: () => undefined,
    progressed: () => undefined,
    withdrawn: () => undefined,
    exited: () => undefined,
  }),
});

function run(executor: number): void {
  const attempt = attemptIdOf(epochOf(1), executor);
  const name = { job, stage: 0, task: 0, attempt, number: 1, generation: 0 };
  const assignment = { ...name, split: null, partitions: {}, reads: {}, producers: {}, counts: {}, staging: {} };
  const graph = JSON.stringify({ stages: [{ name: behaviours[executor] }] });
  const executorJob = { job, name: 'test', bundlePath: '/bundle.mjs', graph, graphHash: '', params: new Uint8Array(), spools: {} };
  pool.run(executor, { job: executorJob, task: { assignment, sources: {}, directory: folder } }, logs.open(assignment));
}

behaviours.forEach((_, executor) => {
  pool.start(executor, 64);
});
setInterval(() => undefined, 1000);
