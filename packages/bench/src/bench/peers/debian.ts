// What every Debian has, and what its C compiler makes.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Input } from '../data/data-folder.ts';
import { type CommandIn, outputOf, saidOf } from './peer-job.ts';

export function isInstalled(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}

export interface GnuSort {
  readonly threads: number;
  /** As its option -S takes it. */
  readonly memory: string;
}

/** Whole lines by their bytes, which is less to do than finding a key in each of them, and here the same order. */
export function gnuSort(input: Input, { threads, memory }: GnuSort): CommandIn {
  return scratch => ({
    line: ['sort', `--parallel=${threads}`, '-S', memory, '-T', scratch, '-o', outputOf(scratch), input.path],
    output: saidOf(scratch),
    environment: { LC_ALL: 'C' },
  });
}

export function awkWordCount(input: Input): CommandIn {
  const program = '{ for (i = 1; i <= NF; i++) n[$i]++ } END { for (w in n) print w, n[w] }';
  return scratch => ({ line: ['awk', program, input.path], output: outputOf(scratch) });
}

/** The C program, compiled once; null without a compiler. */
export function compileCountWords(source: string, keptIn: string): string | null {
  if (!isInstalled('gcc')) return null;
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const program = join(keptIn, `count-words-${hash}`);
  if (existsSync(program)) return program;
  mkdirSync(keptIn, { recursive: true });
  execFileSync('gcc', ['-O2', '-o', `${program}.${process.pid}`, source]);
  renameSync(`${program}.${process.pid}`, program);
  return program;
}

/** One process for each of `parts` stretches of the file. Nobody adds their counts up. */
export function cWordCount(program: string, { input, parts }: { readonly input: Input; readonly parts: number }): CommandIn {
  const edge = (part: number): number => Math.floor((input.bytes * part) / parts);
  return scratch => {
    const out = outputOf(scratch);
    mkdirSync(out);
    const one = (part: number): string => `"$0" "$1" ${edge(part)} ${edge(part + 1)} > "$2/part-${part}" &`;
    const script = `${Array.from({ length: parts }, (_, part) => one(part)).join(' ')} wait`;
    return { line: ['sh', '-c', script, program, input.path, out], output: saidOf(scratch) };
  };
}
