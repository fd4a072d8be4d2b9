// Seeded runs of the two cores against each other, under crashes, cuts, freezes, late and doubled messages. `SEED=… TRACE=1`
// runs one seed alone and prints all that happens; `SEEDS=5000` runs more of them.

import { chain, jobNamed, runSimulation, skippedInTask } from '@sheaf/simulator';
import { describe, expect, it } from 'vitest';
import { regressions } from './regressions.ts';

const { SEED: one, SEEDS: many, TRACE: traced } = process.env;
const onLine = traced === '1' ? { onLine: (line: string) => console.log(line) } : {};
const batches = 10;
const seeds = one === undefined ? Array.from({ length: Number(many ?? 200) }, (_, i) => String(i)) : [one];

const withoutFaults = {
  ...{ workerCrashMs: null, workerFreezeMs: null, cutMs: null, coordinatorCrashMs: null, coordinatorStallMs: null, drainMs: null },
  ...{ cancelMs: null, fetchFailureChance: 0, executorCrashChance: 0, openFailureChance: 0, flakyTaskChance: 0, failingJobChance: 0 },
  ...{ nondeterministicJobChance: 0, publishFailureChance: 0 },
};

describe('a simulated cluster', () => {
  it.each(Array.from({ length: one === undefined ? batches : 1 }, (_, i) => i))(
    'ends every job rightly, whatever goes wrong (batch %i)',
    batch => {
      for (const seed of seeds.filter((_, i) => i % batches === batch)) runSimulation(seed, onLine);
    },
  );

  it.each(one === undefined ? regressions : [])('does so for the seed that found a bug: $seed ($bug)', ({ seed }) => {
    runSimulation(seed);
  });

  it('keeps the outputs of three stages of a chain, however long it is', () => {
    const tasks = 4;
    const jobs = [
      chain(
        'a',
        Array.from({ length: 10 }, () => tasks),
      ),
    ];
    const onDisk = seeds.slice(0, 20).map(seed => runSimulation(seed, { options: { ...withoutFaults, workers: 3, slots: 2 }, jobs }));
    for (const { outcomes, outputsOnDiskMax } of onDisk) {
      expect(outcomes).toEqual({ [jobNamed('a')]: 'succeeded' });
      // What a stage writes, what it reads, and what was read to make that.
      expect(outputsOnDiskMax).toBeLessThanOrEqual(3 * tasks);
    }
  });

  it('counts skipped records by what has committed: at the limit a job succeeds, and one over it fails', () => {
    const faults = { failingJobChance: 0, nondeterministicJobChance: 0, publishFailureChance: 0, cancelMs: null, executorCrashChance: 0 };
    const skipping = (name: string, maxCount: number) => chain(name, [5, 2], { skip: { maxCount, maxRatio: null } });
    const bad = (name: string): number => [0, 1, 2, 3, 4].reduce((sum, task) => sum + skippedInTask(skipping(name, 0), task), 0);
    const jobs = ['a', 'b', 'c'].flatMap(name => [skipping(name, bad(name)), skipping(`${name}${name}`, bad(`${name}${name}`) - 1)]);
    for (const seed of seeds.slice(0, 20)) {
      const { outcomes } = runSimulation(seed, { options: { ...faults, flakyTaskChance: 0.1 }, jobs });
      const ends = jobs.map((job, i) => [job.id, i % 2 === 0 ? 'succeeded' : 'E_TOO_MANY_SKIPPED']);
      expect(outcomes).toEqual(Object.fromEntries(ends));
    }
  });

  it('plays a seed the same way each time', () => {
    for (const seed of seeds.slice(0, 3)) expect(runSimulation(seed).traceHash).toBe(runSimulation(seed).traceHash);
  });
});
