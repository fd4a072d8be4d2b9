// Spark on this machine's cores, with the jobs of SparkJobs.java, which are compiled once.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandIn, outputOf, type PeerJob, saidOf } from './peer-job.ts';

/** Tasks at a time, as many as Sheaf is given slots. */
const cores = 2;
const driverMemory = '4g';

/** `pyspark` of the folder with the peers; null when it is not there. */
export function findSpark(folder: string): string | null {
  const libraries = join(folder, 'spark/lib');
  if (!existsSync(libraries)) return null;
  const packages = readdirSync(libraries).map(name => join(libraries, name, 'site-packages/pyspark'));
  return packages.find(path => existsSync(path)) ?? null;
}

/** The jobs, compiled against that Spark; they are kept beside it. */
export function compileSparkJobs(home: string, { source, keptIn }: { readonly source: string; readonly keptIn: string }): string {
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const jar = join(keptIn, `spark-jobs-${hash}.jar`);
  if (existsSync(jar)) return jar;
  const classes = join(keptIn, `classes-${process.pid}`);
  mkdirSync(classes, { recursive: true });
  execFileSync('javac', ['-cp', join(home, 'jars/*'), '-d', classes, source]);
  execFileSync('jar', ['cf', `${jar}.${process.pid}`, '-C', classes, '.']);
  renameSync(`${jar}.${process.pid}`, jar);
  rmSync(classes, { recursive: true });
  return jar;
}

export function sparkJobs(folder: string, { home, jar }: { readonly home: string; readonly jar: string }): PeerJob {
  return (job, inputs): CommandIn =>
    scratch => ({
      line: [
        join(home, 'bin/spark-submit'),
        ...['--master', `local[${cores}]`, '--driver-memory', driverMemory, '--conf', 'spark.ui.enabled=false'],
        ...['--conf', `spark.driver.extraJavaOptions=-Djava.io.tmpdir=${scratch}`, '--class', 'SparkJobs'],
        ...[jar, job, outputOf(scratch), ...inputs],
      ],
      output: saidOf(scratch),
      environment: { SPARK_HOME: home, SPARK_LOCAL_DIRS: scratch, PYSPARK_PYTHON: join(folder, 'spark/bin/python'), TMPDIR: scratch },
    });
}
