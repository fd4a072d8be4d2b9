// Many tasks with next to nothing to do, on a cluster that is there: what a task costs by itself.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measure } from '../measuring/measure.ts';
import { onCluster } from '../measuring/on-cluster.ts';
import { saidOf } from '../peers/peer-job.ts';
import { memoryBelow, millisecondsEach } from './bars.ts';
import { type Case, sheafSubmit, type Work, type WorkContext } from './work.ts';

const own = 'sheaf submit, 2 slots';
/** More of them take it an hour. */
const sparkTasksMax = 100_000;

export function emptyTasks({ program, peers, sizes }: WorkContext): Work {
  const { tasks } = sizes;
  const job = join(program.package, 'jobs/empty-tasks.ts');
  const counted: Case['check'] = async folder => {
    const said = readFileSync(saidOf(folder), 'utf8').trim();
    if (!new RegExp(`(^|\\D)${tasks}\\D*$`).test(said)) throw new Error(`the result is wrong: '${said}' instead of ${tasks}`);
  };
  const spark = tasks > sparkTasksMax ? null : peers.spark;
  return {
    number: 8,
    title: `empty tasks, ${tasks.toLocaleString('en')}`,
    about: `Tasks of one number each, which are counted. Sheaf's cluster is there and has run a job before; Spark's start takes some seconds.`,
    cases: [
      {
        ...{ name: own, kind: 'sheaf', inputs: [], check: counted },
        run: (folder, options) =>
          onCluster(program, { folder, slots: 2 }, async ({ url, pids }) => {
            const submit = (count: number) =>
              sheafSubmit(program, { job, params: { tasks: String(count) }, options: ['--coordinator', url] })(folder);
            await measure(submit(2), folder);
            return measure(submit(tasks), folder, { ...options, beside: pids });
          }),
      },
      ...(spark === null
        ? []
        : [
            {
              ...({ name: 'Spark RDD', kind: 'slow peer', inputs: [], check: counted } as const),
              run: (folder, options) => measure(spark('empty-tasks', [String(tasks)])(folder), folder, options),
            } satisfies Case,
          ]),
    ],
    bars: [millisecondsEach(own, tasks, 0.35), memoryBelow(own, 600, 'coordinator')],
  };
}
