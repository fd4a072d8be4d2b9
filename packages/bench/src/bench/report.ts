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

/** Of the table of bars that a section may have; what it holds for all sections stands in a section of its own. */
export const barHeadings = ['asked', 'found', ''] as const;
const allBars = 'All bars';

/** Puts `text` under its heading into the file, in the place of what stood there. */
export function writeSection(path: string, heading: string, text: string): void {
  const title = '# Results\n\nWritten by `npm run bench`; each section says when and on what. Figures are for comparison on one machine.\n';
  const before = existsSync(path) ? readFileSync(path, 'utf8').split(/^(?=## )/m) : [];
  const others = before.slice(1).filter(section => ![heading, allBars].some(name => section.startsWith(`## ${name}\n`)));
  const sections = [...others.map(section => `${section.trim()}\n`), `## ${heading}\n\n${text.trim()}\n`].sort();
  const bars = sections.flatMap(barsIn);
  const summary = bars.length === 0 ? [] : [`## ${allBars}\n\n${tableOf(barHeadings, bars)}\n`];
  writeFileSync(path, [title, ...summary, ...sections].join('\n'));
}

/** The rows of its table of bars, each with the section's heading before what is asked. */
function barsIn(section: string): Row[] {
  const [heading = '', ...lines] = section.split('\n');
  const start = lines.findIndex(line => line.startsWith(`| ${barHeadings[0]} `));
  if (start < 0) return [];
  const rows = lines.slice(start + 2).filter(line => line.startsWith('|'));
  return rows.map(row => {
    const [, asked = '', ...found] = row.split('|').map(cell => cell.trim());
    return [`${heading.replace('## ', '')}: ${asked}`, ...found.slice(0, -1)];
  });
}

export function megabytes(bytes: number | null): string {
  return bytes === null ? '–' : `${Math.round(bytes / 1e6)} MB`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
