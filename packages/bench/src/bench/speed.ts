// `npm run bench` and `npm run bench -- quick`: megabytes a second of every case, beside each other on the same input. The cases
// take turns, so that what disturbs the machine for a while disturbs all of them; the figures are medians.

import type { Program } from '../program.ts';
import { type Case, casesOf } from './cases.ts';
import type { DataFolder } from './data-folder.ts';
import { type Measured, measure } from './measure.ts';
import { machineText, median, megabytes, type Row, tableOf } from './report.ts';

export interface SpeedOptions {
  readonly data: DataFolder;
  readonly wordsMb: number;
  readonly linesMb: number;
  readonly rounds: number;
  /** Told after each run. */
  readonly say: (text: string) => void;
}

/** Runs all cases and gives the figures as text. */
export async function measureSpeed(program: Program, { data, wordsMb, linesMb, rounds, say }: SpeedOptions): Promise<string> {
  const words = data.file('words', wordsMb);
  const lines = data.file('lines', linesMb);
  const cases = casesOf(program, { words, lines });
  const runs = new Map<Case, Measured[]>(cases.map(one => [one, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [one, measured] of runs) {
      measured.push(await runOnce(one, { data, check: round === 1 }));
      say(`${round}/${rounds}  ${one.work}: ${one.name}  ${measured.at(-1)?.wallSeconds.toFixed(2)} s`);
    }
  }
  const about = `${machineText()}. ${rounds === 1 ? 'One run each' : `Medians of ${rounds} runs each`}, start-up included.`;
  const tables = (['word count', 'sort'] as const).map(work => {
    const of = [...runs].filter(([one]) => one.work === work);
    return `${headingOf(work, work === 'sort' ? lines.bytes : words.bytes)}\n\n${tableOf(headings, of.map(rowOf))}`;
  });
  return [about, ...tables].join('\n\n');
}

async function runOnce(one: Case, { data, check }: { readonly data: DataFolder; readonly check: boolean }): Promise<Measured> {
  const folder = data.scratch();
  const measured = await measure(one.command(folder), folder);
  if (check) await one.check(folder);
  data.scratch();
  return measured;
}

const headings = ['', 'seconds', 'MB/s', 'CPU seconds', 'MB/s per core', 'peak memory'];

function headingOf(work: Case['work'], bytes: number): string {
  const size = `${Math.round(bytes / 1e6)} MB`;
  return work === 'sort' ? `### Sorting lines of 100 bytes, ${size}` : `### Word count, ${size} of text with 200,000 different words`;
}

/** MB/s per core: of a second of CPU time, whichever core it was spent on. */
function rowOf([one, measured]: readonly [Case, readonly Measured[]]): Row {
  const wall = median(measured.map(({ wallSeconds }) => wallSeconds));
  const cpu = median(measured.map(({ cpuSeconds }) => cpuSeconds));
  const peaks = measured.map(({ peakBytes }) => peakBytes ?? Number.NaN);
  const rate = (seconds: number): string => (one.input.bytes / 1e6 / seconds).toFixed(1);
  const peak = median(peaks);
  return [one.name, wall.toFixed(2), rate(wall), cpu.toFixed(2), rate(cpu), megabytes(Number.isNaN(peak) ? null : peak)];
}
