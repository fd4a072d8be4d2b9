// Installs the peers that are not there yet, from where everybody gets them: Spark, DuckDB and Dask from PyPI, Hadoop with Maven.
// One that cannot be installed is told and left out; the others go on.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../../program.ts';
import { isInstalled } from './debian.ts';
import { findHadoop } from './hadoop.ts';
import { findPython } from './python.ts';
import { findSpark } from './spark.ts';

const sparkPackages = ['pyspark==4.1.*', 'setuptools'];
const pythonPackages = ['duckdb', 'dask[distributed,bag]'];
const errorCharsShown = 400;

export interface InstallOptions {
  readonly folder: string;
  readonly say: (text: string) => void;
}

export function installPeers(program: Program, { folder, say }: InstallOptions): void {
  const attempt = (name: string, needs: readonly string[], steps: readonly (readonly string[])[]): void => {
    const lacking = needs.filter(command => !isInstalled(command));
    if (lacking.length > 0) {
      say(`not installed: ${name}, as the machine has no ${lacking.join(', no ')}`);
      return;
    }
    say(`installing in ${folder}: ${name}`);
    for (const [command = '', ...rest] of steps) {
      const { status, stderr, error } = spawnSync(command, rest, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
      if (status === 0) continue;
      say(`not installed: ${name}: ${command} ${rest.join(' ')}: ${(error?.message ?? stderr).trim().slice(-errorCharsShown)}`);
      return;
    }
  };
  mkdirSync(folder, { recursive: true });
  if (findSpark(folder) === null) attempt('Spark', ['python3', 'java', 'javac'], pipSteps(join(folder, 'spark'), sparkPackages));
  const [duckdb, dask] = ['duckdb', 'dask.bag, distributed'].map(module => findPython(folder, module));
  if (duckdb === null || dask === null) attempt('DuckDB and Dask', ['python3'], pipSteps(join(folder, 'py'), pythonPackages));
  if (findHadoop(folder) === null) {
    const hadoop = join(folder, 'hadoop');
    mkdirSync(hadoop, { recursive: true });
    copyFileSync(join(program.package, 'peers/hadoop-pom.xml'), join(hadoop, 'pom.xml'));
    const copy = ['mvn', '-q', '-B', '-f', join(hadoop, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${hadoop}/lib`];
    attempt('Hadoop', ['mvn', 'java'], [copy]);
  }
}

function pipSteps(environment: string, packages: readonly string[]): string[][] {
  const make = existsSync(join(environment, 'bin/pip')) ? [] : [['python3', '-m', 'venv', environment]];
  return [...make, [join(environment, 'bin/pip'), '-q', 'install', ...packages]];
}
