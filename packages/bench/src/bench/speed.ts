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
  /** Of peers that take long; 0: they are left out. */
  readonly peerRounds: number;
  /** Every case takes long: the first run of each is the one that is looked at, and counts. */
  readonly long: boolean;
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

/**
 * Before the rounds that count each case runs once for its result, which is checked, and for its memory: looking at that takes time
 * from who has many processes. What takes long has no such run; slow peers are looked at more rarely. A case that fails has no figures
 * and is not run again; the others go on.
 */
export async function runWork(work: Work, options: SpeedOptions): Promise<CaseResult[]> {
  const { rounds, peerRounds, long, say } = options;
  const cases = work.cases.filter(({ kind }) => kind !== 'slow peer' || peerRounds > 0);
  const measured = new Map<Case, Measured[]>(cases.map(one => [one, []]));
  const looked = new Map<Case, Measured>();
  const failures = new Map<Case, string>();
  for (let round = 0; round <= rounds; round++) {
    for (const [one, runs] of measured) {
      const isSlow = one.kind === 'slow peer';
      const isOnce = isSlow || long;
      if (failures.has(one) || (isOnce && round === 0) || (isSlow && round > peerRounds)) continue;
      const isLook = round === (isOnce ? 1 : 0);
      const title = `${round}/${rounds}  ${work.number} ${work.title}: ${one.name}`;
      try {
        const run = await runOnce(one, options, { check: isLook, sampleMs: isSlow ? 500 : isLook ? 100 : null });
        if (isLook) looked.set(one, run);
        if (round > 0) runs.push(run);
        say(`${title}  ${run.wallSeconds.toFixed(2)} s`);
      } catch (error) {
        failures.set(one, error instanceof Error ? error.message : String(error));
        say(`${title}  FAILED: ${failures.get(one)}`);
      }
    }
  }
  return cases.map(one => {
    const failure = failures.get(one) ?? null;
    return { case: one, failure, figures: failure === null ? figuresOf(one, measured.get(one) ?? [], looked.get(one)) : null };
  });
}

interface Look {
  readonly check: boolean;
  readonly sampleMs: number | null;
}

async function runOnce(one: Case, { data, durable }: SpeedOptions, { check, sampleMs }: Look): Promise<Measured> {
  const folder = data.scratch();
  for (const input of one.inputs) warm(input);
  spawnSync('sync');
  try {
    const measured = await one.run(folder, { untilDurable: durable ? folder : null, sampleMs });
    if (check) await one.check(folder);
    return measured;
  } finally {
    data.removeScratch();
  }
}

function figuresOf(one: Case, runs: readonly Measured[], look: Measured | undefined): Figures | null {
  if (runs.length === 0) return null;
  const seconds = runs.map(({ wallSeconds }) => wallSeconds);
  return {
    seconds: median(seconds),
    fastest: Math.min(...seconds),
    slowest: Math.max(...seconds),
    cpuSeconds: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: look?.peakBytes ?? null,
    coordinatorBytes: look?.peakBytesOf(coordinatorProgram) ?? null,
    bytes: one.inputs.reduce((sum, { bytes }) => sum + bytes, 0),
    runs: runs.length,
  };
}
