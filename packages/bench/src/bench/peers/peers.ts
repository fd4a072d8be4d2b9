// Who else there is for the same work on this machine. What is not there is left out, and told.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../../program.ts';
import { compileCountWords, isInstalled } from './debian.ts';
import { findHadoop, hadoopJobs } from './hadoop.ts';
import type { PeerJob } from './peer-job.ts';
import { daskJobs, duckdbJobs, findPython } from './python.ts';
import { compileSparkJobs, findSpark, sparkJobs } from './spark.ts';

/** null: not there. */
export interface Peers {
  readonly spark: PeerJob | null;
  readonly hadoop: PeerJob | null;
  readonly duckdb: PeerJob | null;
  readonly dask: PeerJob | null;
  /** The program that counts words, compiled. */
  readonly countWords: string | null;
  readonly awk: boolean;
  readonly sort: boolean;
  /** A line for each that is not there. */
  readonly missing: readonly string[];
}

/** Looks in `folder` and among the machine's commands. What has to be compiled for them is kept in `folder` too. */
export function findPeers(program: Program, folder: string): Peers {
  const missing: string[] = [];
  const file = (name: string): string => join(program.package, 'peers', name);
  const keptIn = join(folder, 'sheaf');
  mkdirSync(keptIn, { recursive: true });
  const miss = (name: string, why: string): null => {
    missing.push(`${name} is left out: ${why}`);
    return null;
  };
  const sparkPeer = (): PeerJob | null => {
    const home = findSpark(folder);
    if (home === null) return miss('Spark', `it is not in ${folder}/spark`);
    const lacking = ['java', 'javac', 'jar'].filter(command => !isInstalled(command));
    if (lacking.length > 0) return miss('Spark', `the machine has no ${lacking.join(', no ')}`);
    return sparkJobs(folder, { home, jar: compileSparkJobs(home, { source: file('SparkJobs.java'), keptIn }) });
  };
  const hadoopPeer = (): PeerJob | null => {
    const libraries = findHadoop(folder);
    if (libraries === null) return miss('Hadoop', `it is not in ${folder}/hadoop/lib`);
    return isInstalled('java') ? hadoopJobs(libraries) : miss('Hadoop', 'the machine has no java');
  };
  const python = (name: string, module: string): string | null =>
    findPython(folder, module) ?? miss(name, `no Python here has it, not in ${folder}/py either`);
  const duckdb = python('DuckDB', 'duckdb');
  const dask = python('Dask', 'dask.bag, distributed');
  const [awk, sort] = ['awk', 'sort'].map(command => isInstalled(command) || miss(command, 'not installed') !== null);
  return {
    spark: sparkPeer(),
    hadoop: hadoopPeer(),
    duckdb: duckdb === null ? null : duckdbJobs(duckdb, file('duckdb_jobs.py')),
    dask: dask === null ? null : daskJobs(dask, file('dask_word_count.py')),
    countWords: compileCountWords(file('count-words.c'), keptIn) ?? miss('the C program', 'the machine has no gcc'),
    awk: awk === true,
    sort: sort === true,
    missing,
  };
}
