// What is measured: each job the way a user runs it, and beside it what else the machine has for the same work.

import { spawnSync } from 'node:child_process';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Program } from '../program.ts';
import type { Input } from './data-folder.ts';
import { lineBytes } from './generate.ts';
import type { Command } from './measure.ts';

export interface Case {
  readonly work: 'word count' | 'sort';
  readonly name: string;
  readonly input: Input;
  /** `folder` is empty, and is emptied afterwards. */
  command(folder: string): Command;
  /** Throws when what is in `folder` is wrong. */
  check(folder: string): Promise<void>;
}

export interface Inputs {
  readonly words: Input;
  readonly lines: Input;
}

/** The ways of running a job with `sheaf run`. */
const ways: { readonly [name: string]: readonly string[] } = {
  'sheaf, inline': ['--inline'],
  'sheaf, 1 slot': ['--workers', '1', '--slots', '1'],
  'sheaf, 2 slots': ['--workers', '1', '--slots', '2'],
};

/** Every case whose program is installed. */
export function casesOf(program: Program, { words, lines }: Inputs): Case[] {
  const sheaf = (work: Case['work'], input: Input, job: string, check: Case['check']): Case[] =>
    Object.entries(ways).map(([name, options]) => ({ work, name, input, check, command: sheafRun(program, { job, input, options }) }));
  return [
    ...sheaf('word count', words, join(program.root, 'examples/word-count/job.ts'), folder => checkWordCount(folder, words)),
    ...otherWordCounts(program, words),
    ...sheaf('sort', lines, join(program.package, 'jobs/sort-lines.ts'), folder => checkSorted(partPaths(join(folder, 'out')), lines)),
    ...otherSorts(lines),
  ];
}

export interface SheafRun {
  readonly job: string;
  readonly input: Input;
  readonly options: readonly string[];
}

/** `sheaf run`, with its output in `out` and its own files in the same folder. */
export function sheafRun({ cli }: Program, { job, input, options }: SheafRun): (folder: string) => Command {
  return folder => ({
    line: [process.execPath, cli, 'run', job, '-p', `in=${input.path}`, '-p', `out=${join(folder, 'out')}`, ...options],
    output: join(folder, 'stdout.txt'),
    environment: { TMPDIR: folder },
  });
}

function otherWordCounts(program: Program, input: Input): Case[] {
  const work = 'word count';
  const check = async (): Promise<void> => {};
  const counting = '{ for (i = 1; i <= NF; i++) n[$i]++ } END { for (w in n) print w, n[w] }';
  const plain = join(program.package, 'plain-word-count.mjs');
  const lines: readonly (readonly [name: string, line: readonly string[]])[] = [
    ['plain Node, one Map', [process.execPath, plain, input.path]],
    ...(isInstalled('awk') ? [['awk', ['awk', counting, input.path]] as const] : []),
  ];
  return lines.map(([name, line]) => ({ work, name, input, check, command: folder => ({ line, output: join(folder, 'out.txt') }) }));
}

function otherSorts(input: Input): Case[] {
  if (!isInstalled('sort')) return [];
  return [1, 2].map(threads => ({
    work: 'sort',
    name: `GNU sort, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${64 * threads} MB`,
    input,
    check: folder => checkSorted([join(folder, 'out.txt')], input),
    command: folder => ({
      line: ['sort', `--parallel=${threads}`, '-S', `${64 * threads}M`, '-T', folder, input.path],
      output: join(folder, 'out.txt'),
      environment: { LC_ALL: 'C' },
    }),
  }));
}

function isInstalled(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

function partPaths(folder: string): string[] {
  const names = readdirSync(folder).filter(name => name.startsWith('part-'));
  return names.sort().map(name => join(folder, name));
}

/** All words are there: as many as the input has. */
async function checkWordCount(folder: string, input: Input): Promise<void> {
  let counted = 0;
  for (const path of partPaths(join(folder, 'out'))) {
    for (const line of readFileSync(path, 'utf8').split('\n')) if (line !== '') counted += (JSON.parse(line) as { n: number }).n;
  }
  let words = 0;
  for await (const chunk of createReadStream(input.path)) for (const byte of chunk as Buffer) if (byte <= 32) words += 1;
  if (counted !== words) throw new Error(`the word count is wrong: ${counted} words instead of ${words}`);
}

/** All lines are there, none before a smaller one. */
async function checkSorted(paths: readonly string[], input: Input): Promise<void> {
  let before = '';
  let count = 0;
  for (const path of paths) {
    for await (const line of createInterface({ input: createReadStream(path, 'latin1') })) {
      if (line < before) throw new Error(`the lines are not sorted: '${line}' stands behind '${before}'`);
      before = line;
      count += 1;
    }
  }
  if (count * lineBytes !== input.bytes) throw new Error(`${count} lines were sorted, not ${input.bytes / lineBytes}`);
}
