// Little to do: what is measured is what it takes to start, to plan and to end.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Program } from '../../program.ts';
import { type Measured, type MeasureOptions, measure } from '../measuring/measure.ts';
import { onCluster, type RunningCluster } from '../measuring/on-cluster.ts';
import { outputOf, saidOf } from '../peers/peer-job.ts';
import { secondsBelow } from './bars.ts';
import { checkWordCount } from './check-output.ts';
import { type Case, caseMaker, peerCases, sheafRun, sheafSubmit, type Work, type WorkContext } from './work.ts';

const [cached, uncached, submitted, second] = [
  'sheaf run, bundle kept',
  'sheaf run, nothing kept',
  'sheaf submit, cluster there',
  'run() of a program for the second time, cluster there',
] as const;

export function smallJob({ program, data, peers, sizes }: WorkContext): Work {
  const input = data.file('words', sizes.smallMb);
  const job = { job: join(program.root, 'examples/word-count/job.ts'), params: { in: input.path } };
  const check: Case['check'] = folder => checkWordCount(folder, input);
  const add = caseMaker([input], check);
  const sheafCase = (name: string, run: Case['run']): Case => ({ name, kind: 'sheaf', inputs: [input], check, run });
  return {
    number: 7,
    title: 'a small job from beginning to end',
    about: `The word count of ${Math.round(sizes.smallMb * 1e3)} kB. A bundle is kept between runs of an unchanged job file.`,
    cases: [
      sheafCase(cached, async (folder, options) => {
        const command = sheafRun(program, { ...job, options: [], environment: { XDG_CACHE_HOME: join(folder, 'cache') } });
        const before = join(folder, 'before');
        mkdirSync(before);
        await measure(command(before), before);
        return measure(command(folder), folder, options);
      }),
      sheafCase(uncached, (folder, options) => {
        const command = sheafRun(program, { ...job, options: [], environment: { XDG_CACHE_HOME: join(folder, 'cache') } });
        return measure(command(folder), folder, options);
      }),
      sheafCase(submitted, (folder, options) =>
        onCluster(program, { folder, slots: 2, standing: true }, async ({ url, pids }) => {
          const submit = sheafSubmit(program, {
            job: job.job,
            params: { ...job.params, out: outputOf(folder) },
            options: ['--coordinator', url, '--overwrite'],
          });
          await measure(submit(folder), folder);
          return measure(submit(folder), folder, { ...options, beside: pids });
        }),
      ),
      sheafCase(second, (folder, options) =>
        onCluster(program, { folder, slots: 2, standing: true }, cluster =>
          secondRun(program, { cluster, folder, input: input.path, options }),
        ),
      ),
      ...peerCases(
        add,
        [input],
        [
          ['Spark RDD', peers.spark, 'word-count-rdd', 'slow peer'],
          ['Hadoop', peers.hadoop, 'wordcount', 'slow peer'],
          ['Dask', peers.dask, 'word-count', 'slow peer'],
        ],
      ),
    ],
    bars: [secondsBelow(cached, 0.5), secondsBelow(uncached, 0.8), secondsBelow(second, 0.1)],
  };
}

interface SecondRun {
  readonly cluster: RunningCluster;
  readonly folder: string;
  readonly input: string;
  readonly options: MeasureOptions;
}

/** The time is the program's own; CPU seconds and memory are of both its runs. */
async function secondRun(program: Program, { cluster, folder, input, options }: SecondRun): Promise<Measured> {
  const file = installProgram(program, folder);
  const line = [process.execPath, file, cluster.url, input, outputOf(folder)];
  const output = saidOf(folder);
  const measured = await measure({ line, output, environment: { TMPDIR: folder } }, folder, { ...options, beside: cluster.pids });
  return { ...measured, wallSeconds: Number(readFileSync(output, 'utf8')) };
}

/** A folder of a user's with `sheaf` and `zod` installed, and the program in it. */
function installProgram(program: Program, folder: string): string {
  const modules = join(folder, 'program/node_modules');
  mkdirSync(join(modules, 'sheaf'), { recursive: true });
  symlinkSync(join(program.root, 'node_modules/zod'), join(modules, 'zod'));
  writeFileSync(join(modules, 'sheaf/package.json'), JSON.stringify({ name: 'sheaf', type: 'module', exports: './index.mjs' }));
  writeFileSync(join(modules, 'sheaf/index.mjs'), `export * from ${JSON.stringify(bundledSheaf(program))};`);
  const file = join(folder, 'program/second-run.mjs');
  copyFileSync(join(program.package, 'second-run.mjs'), file);
  return file;
}

/** Where the bundle of Sheaf's sources is, as its package would have it. */
function bundledSheaf({ root }: Program): string {
  const module = pathToFileURL(join(root, 'packages/sheaf/build/ensure-bundle.mjs')).href;
  const script = `import { ensureBundle } from ${JSON.stringify(module)}; console.log((await ensureBundle()).index);`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).trim();
}
