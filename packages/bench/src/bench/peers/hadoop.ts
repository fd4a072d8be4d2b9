// Hadoop's own example programs, run by its local runner: map tasks and reduce tasks are threads of one process.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandIn, outputOf, type PeerJob, saidOf } from './peer-job.ts';

/** Tasks at a time, as many as Sheaf is given slots. */
const cores = 2;
const reducers = 4;
const memory = '-Xmx4g';

/** The folder of its libraries; null when it is not there. */
export function findHadoop(folder: string): string | null {
  const libraries = join(folder, 'hadoop/lib');
  const found = existsSync(libraries) && readdirSync(libraries).some(name => name.startsWith('hadoop-mapreduce-examples-'));
  return found ? libraries : null;
}

/** `wordcount` and `terasort`. */
export function hadoopJobs(libraries: string): PeerJob {
  return (job, inputs): CommandIn =>
    scratch => ({
      line: [
        ...['java', memory, '-cp', join(libraries, '*'), 'org.apache.hadoop.examples.ExampleDriver', job],
        ...['-Dmapreduce.framework.name=local', '-Dfs.defaultFS=file:///', `-Dhadoop.tmp.dir=${scratch}/hadoop`],
        ...[`-Dmapreduce.local.map.tasks.maximum=${cores}`, `-Dmapreduce.local.reduce.tasks.maximum=${cores}`],
        ...(job === 'terasort' ? [`-Dmapreduce.job.reduces=${reducers}`] : []),
        ...[...inputs, outputOf(scratch)],
      ],
      output: saidOf(scratch),
      environment: { TMPDIR: scratch },
    });
}
