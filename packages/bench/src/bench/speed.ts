// Runs the cases of a work and gives their figures. They take turns within a round, so that what disturbs the machine for a while
// disturbs all of them; what earlier runs wrote is on its disk, and inputs are in memory, before a clock starts.

import { spawnSync } from 'node:child_process';
import { type DataFolder, warm } from './data/data-folder.ts';
import type { Measured } from './measuring/measure.ts';
import { coordinatorProgram } from './measuring/on-cluster.ts';
import { median } from './report.ts';
import type { Figures } from './works/bars.ts';
import type { Case, Work } from './works/work.ts';

export interface SpeedOptions {
  readonly data: DataFolder;
  readonly rounds: number;
  /** Of peers that take long. */
  readonly peerRounds: number;
  /** Every run lasts until what it has written is on the disk. */
  readonly durable: boolean;
  /** Told after each run. */
  readonly say: (text: string) => void;
}

export interface CaseResult {
  readonly case: Case;
  /** null when it failed. */
  readonly figures: Figures | null;
  readonly failure: string | null;
}

/** Results are checked in the first round. A case that fails has no figures and is not run again; the others go on. */
export async function runWork(work: Work, options: SpeedOptions): Promise<CaseResult[]> {
  const { rounds, peerRounds, say } = options;
  const measured = new Map<Case, Measured[]>(work.cases.map(one => [one, []]));
  const failures = new Map<Case, string>();
  for (let round = 1; round <= rounds; round++) {
    for (const [one, runs] of measured) {
      if (failures.has(one) || (one.kind === 'slow peer' && round > peerRounds)) continue;
      const title = `${round}/${rounds}  ${work.number} ${work.title}: ${one.name}`;
      try {
        const run = await runOnce(one, options, round === 1);
        runs.push(run);
        say(`${title}  ${run.wallSeconds.toFixed(2)} s`);
      } catch (error) {
        failures.set(one, error instanceof Error ? error.message : String(error));
        say(`${title}  FAILED: ${failures.get(one)}`);
      }
    }
  }
  return work.cases.map(one => {
    const failure = failures.get(one) ?? null;
    return { case: one, failure, figures: failure === null ? figuresOf(one, measured.get(one) ?? []) : null };
  });
}

async function runOnce(one: Case, { data, durable }: SpeedOptions, check: boolean): Promise<Measured> {
  const folder = data.scratch();
  for (const input of one.inputs) warm(input);
  spawnSync('sync');
  try {
    const measured = await one.run(folder, { untilDurable: durable ? folder : null });
    if (check) await one.check(folder);
    return measured;
  } finally {
    data.removeScratch();
  }
}

function figuresOf(one: Case, runs: readonly Measured[]): Figures | null {
  if (runs.length === 0) return null;
  const seconds = runs.map(({ wallSeconds }) => wallSeconds);
  return {
    seconds: median(seconds),
    fastest: Math.min(...seconds),
    slowest: Math.max(...seconds),
    cpuSeconds: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: medianOfKnown(runs.map(({ peakBytes }) => peakBytes)),
    coordinatorBytes: medianOfKnown(runs.map(({ peakBytesOf }) => peakBytesOf(coordinatorProgram))),
    bytes: one.inputs.reduce((sum, { bytes }) => sum + bytes, 0),
    runs: runs.length,
  };
}

function medianOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter(value => value !== null);
  return known.length === 0 ? null : median(known);
}
