// Figures as tables, and the file that keeps them: packages/bench/RESULTS.md, with a section for each kind of run. What it says
// of the machine is what the figures depend on, and nothing that tells whose it is.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';

export type Row = readonly (string | number)[];

/** A table in Markdown, which is plain enough to be read on a terminal. */
export function tableOf(headings: readonly string[], rows: readonly Row[]): string {
  const cells = [headings, ...rows.map(row => row.map(String))];
  const widths = headings.map((_, column) => Math.max(...cells.map(row => (row[column] ?? '').length)));
  const lineOf = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [first = [], ...rest] = cells;
  return [lineOf(first), rule, ...rest.map(lineOf)].join('\n');
}

/** When, and on what machine. */
export function machineText(): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const today = new Date().toISOString().slice(0, 10);
  return `${today}, ${availableParallelism()} cores (${cpu?.model.trim() ?? 'unknown'}), ${memory} GB, ${platform()} ${release().split('-')[0]}, Node ${process.version}`;
}

/** Puts `text` under its heading into the file, in the place of what stood there. */
export function writeSection(path: string, heading: string, text: string): void {
  const title = '# Results\n\nWritten by `npm run bench`; each section says when and on what. Figures are for comparison on one machine.\n';
  const sections = existsSync(path)
    ? readFileSync(path, 'utf8')
        .split(/^(?=## )/m)
        .slice(1)
    : [];
  const others = sections.filter(section => !section.startsWith(`## ${heading}\n`));
  const own = `## ${heading}\n\n${text.trim()}\n`;
  writeFileSync(path, `${title}\n${[...others.map(section => `${section.trim()}\n`), own].sort().join('\n')}`);
}

export function megabytes(bytes: number | null): string {
  return bytes === null ? '–' : `${Math.round(bytes / 1e6)} MB`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
