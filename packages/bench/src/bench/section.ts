// A work and its figures as a section of the results.

import { barHeadings, machineText, megabytes, type Row, tableOf } from './report.ts';
import type { CaseResult } from './speed.ts';
import type { FiguresOf } from './works/bars.ts';
import type { Work } from './works/work.ts';

const headings = ['', 'seconds', 'fastest – slowest', '× the first', 'MB/s', 'CPU seconds', 'CPU s per GB', 'peak memory'];

/** Of less, what a byte costs says nothing. */
const bytesMin = 1e6;

export interface SectionOptions {
  readonly rounds: number;
  readonly place: 'tmpfs' | 'disk';
  /** Memory was looked at in the first of the runs that count. */
  readonly long: boolean;
  /** Bars are of the full sizes. */
  readonly judged: boolean;
}

export function sectionText(work: Work, results: readonly CaseResult[], { rounds, place, long, judged }: SectionOptions): string {
  const where = place === 'disk' ? 'outputs on disk, each run until they are durable' : 'outputs on tmpfs';
  const fewer = results.filter(({ figures }) => figures !== null && figures.runs < rounds);
  const turns = rounds === 1 ? 'One run each' : `Medians of ${rounds} runs each, in turns`;
  const exceptions = fewer.map(({ case: { name }, figures }) => `${name}: ${figures?.runs}`).join(', ');
  const about = `${machineText()}. ${turns}${exceptions === '' ? '' : ` (${exceptions})`}, start-up included; inputs in the page cache, ${where}. Memory is the proportional share of all processes together, looked at ten times a second${long ? '' : ' in a run of its own'} (slow peers: twice a second).`;
  const first = results[0]?.figures?.seconds ?? Number.NaN;
  const table = tableOf(
    headings,
    results.map(result => rowOf(result, first)),
  );
  return [work.about, about, table, ...(judged ? [barsText(work, results)] : [])].join('\n\n');
}

function rowOf({ case: { name }, figures }: CaseResult, first: number): Row {
  if (figures === null) return [name, 'failed', ...Array<string>(headings.length - 2).fill('–')];
  const { seconds, fastest, slowest, cpuSeconds, peakBytes, bytes } = figures;
  const digits = seconds < 1 ? 3 : 2;
  return [
    name,
    seconds.toFixed(digits),
    `${fastest.toFixed(digits)} – ${slowest.toFixed(digits)}`,
    (seconds / first).toFixed(2),
    bytes < bytesMin ? '–' : (bytes / 1e6 / seconds).toFixed(1),
    cpuSeconds.toFixed(2),
    bytes < bytesMin ? '–' : (cpuSeconds / (bytes / 1e9)).toFixed(1),
    megabytes(peakBytes),
  ];
}

function barsText(work: Work, results: readonly CaseResult[]): string {
  const of: FiguresOf = name => results.find(result => result.case.name === name)?.figures ?? null;
  const rows = work.bars.map((bar): Row => {
    const verdict = bar.judge(of);
    return verdict === null ? [bar.text, '–', 'not measured'] : [bar.text, verdict.found, verdict.held ? 'held' : 'MISSED'];
  });
  return tableOf(barHeadings, rows);
}
