// Sorting lines of a hundred bytes by their first ten: what fits the memory of the machine, and what does not fit that of a task.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Input, InputKind } from '../data/data-folder.ts';
import { lineBytes } from '../data/generate.ts';
import { gnuSort } from '../peers/debian.ts';
import type { CommandIn } from '../peers/peer-job.ts';
import { type Bar, memoryBelow, timePerByte, timesFaster } from './bars.ts';
import { checkSorted, outputFiles, partsOf } from './check-output.ts';
import { type Case, caseMaker, peerCases, sheafRun, type Work, type WorkContext } from './work.ts';

const fair = { threads: 2, memory: '1G' };
const small = { threads: 2, memory: '128M' };
const nameOf = ({ memory }: { readonly memory: string }): string => `GNU sort, 2 threads, -S ${memory}`;

export function sort(context: WorkContext): Work {
  const kinds: readonly (readonly [kind: InputKind, behind: string])[] = [
    ['lines', ''],
    ['noise', ', incompressible'],
  ];
  return {
    number: 3,
    title: 'sort by the first ten characters',
    about: `${context.sizes.linesMb} MB of lines of 100 bytes: a random key, a number and filler; and the same of random characters (incompressible). \`sortBy(record => record.slice(0, 10))\`, one order over all parts.`,
    cases: kinds.flatMap(([kind, behind]) => sortCases(context, kind, behind)),
    bars: kinds.flatMap(([, behind]) => sortBars(behind)),
  };
}

function sortCases({ program, data, peers, sizes, slots }: WorkContext, kind: InputKind, behind: string): Case[] {
  const input = data.file(kind, sizes.linesMb);
  const make = caseMaker([input], folder => checkSorted(folder, input));
  const add: typeof make = (name, of, command) => make(`${name}${behind}`, of, command);
  const run = (options: readonly string[]): CommandIn =>
    sheafRun(program, { job: sortJob(program.root), params: { in: input.path }, options });
  return [
    add('sheaf, 2 slots', 'sheaf', run(slots(2))),
    ...peerCases(add, [input], [['DuckDB', peers.duckdb, 'sort', 'quick peer']]),
    ...(peers.sort ? [fair, small].map(setting => add(nameOf(setting), 'quick peer', gnuSort(input, setting))) : []),
    ...peerCases(
      add,
      [input],
      [
        ['Spark RDD', peers.spark, 'sort-rdd', 'slow peer'],
        ['Spark DataFrame', peers.spark, 'sort-dataframe', 'slow peer'],
        ['Hadoop TeraSort', peers.hadoop, 'terasort', 'slow peer'],
      ],
    ),
  ];
}

function sortBars(behind: string): Bar[] {
  const faster = (others: readonly string[], times: number): Bar =>
    timesFaster(
      `sheaf, 2 slots${behind}`,
      others.map(name => `${name}${behind}`),
      times,
    );
  return [faster(['DuckDB'], 1), faster([nameOf(fair)], 1.2), faster(['Spark RDD', 'Spark DataFrame'], 4), faster(['Hadoop TeraSort'], 4)];
}

function sortJob(root: string): string {
  return join(root, 'examples/terasort/job.ts');
}

const little = { threads: 2, memory: '300M' };

/** Far more than the 64 MB that a task has, so that everything is spilled and merged. */
export function largeSort(context: WorkContext): Work {
  const { program, data, peers, sizes, slots } = context;
  const [few, many] = [data.file('lines', sizes.linesMb), data.file('lines', sizes.large.linesMb)];
  const sheaf = (input: Input): Case => {
    const add = caseMaker([input], folder => checkLargeSort(context, { folder, input }));
    const command = sheafRun(program, { job: sortJob(program.root), params: { in: input.path }, options: slots(2) });
    return add(sizeName('sheaf, 2 slots', input), 'sheaf', command);
  };
  const peer = caseMaker([many], folder => checkLargeSort(context, { folder, input: many }));
  return {
    number: 4,
    title: 'sort of much more than memory',
    about: `Lines of 100 bytes as in section 3, 64 MB for each task of Sheaf. Checked by the job of examples/teravalidate and by \`sort -c\`.`,
    cases: [
      ...[few, many].map(sheaf),
      ...(peers.sort ? [peer(sizeName(nameOf(little), many), 'quick peer', gnuSort(many, little))] : []),
      ...peerCases(peer, [many], [[sizeName('Hadoop TeraSort', many), peers.hadoop, 'terasort', 'slow peer']]),
    ],
    bars: [
      memoryBelow(sizeName('sheaf, 2 slots', many), 600),
      timePerByte({ small: sizeName('sheaf, 2 slots', few), large: sizeName('sheaf, 2 slots', many), idle: null }, [0, 1.4]),
    ],
  };
}

function sizeName(name: string, input: Input): string {
  return `${name}, ${Math.round(input.bytes / 1e6)} MB`;
}

/** By a job that knows nothing of how it was sorted, and by `sort`. */
async function checkLargeSort(
  { program, slots }: WorkContext,
  { folder, input }: { readonly folder: string; readonly input: Input },
): Promise<void> {
  const validate = (path: string): string => {
    const report = join(folder, 'report');
    const line = [program.cli, 'run', join(program.root, 'examples/teravalidate/job.ts'), '-p', `in=${path}`, '-p', `out=${report}`];
    const { status, stderr } = spawnSync(process.execPath, [...line, ...slots(2)], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: folder },
    });
    if (status !== 0) throw new Error(`the result could not be validated: ${stderr}`);
    const rows = partsOf(report).flatMap(part => readFileSync(part, 'utf8').split('\n').slice(1, -1));
    rmSync(report, { recursive: true });
    return rows.join('\n');
  };
  const files = outputFiles(folder);
  const [records, misplaced, checksum] = validate(join(folder, 'out')).split(',');
  const [given, , expected] = validate(input.path).split(',');
  if (misplaced !== '0' || records !== given || checksum !== expected || Number(given) * lineBytes !== input.bytes) {
    throw new Error(`the result is wrong: ${records} records, ${misplaced} misplaced, checksum ${checksum}; of ${given}, ${expected}`);
  }
  const ordered = spawnSync('sh', ['-c', 'cat "$@" | LC_ALL=C sort -c', 'sh', ...files], { encoding: 'utf8' });
  if (ordered.status !== 0) throw new Error(`sort -c does not find it sorted: ${ordered.stderr}`);
}
