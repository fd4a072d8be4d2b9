// What a simulation varies. Every probability is a field; a seed switches each class of faults on or off and draws its rate, as
// bugs hide when everything goes wrong at once.

import type { Random } from './random.ts';

export interface SimulationOptions {
  readonly workers: number;
  readonly slots: number;
  readonly jobs: number;
  /** Faults happen until then; afterwards everything is well and every job must end. */
  readonly faultsUntilMs: number;
  /** Time between two faults of a kind, on average; null: that kind does not happen. */
  readonly workerCrashMs: number | null;
  readonly workerFreezeMs: number | null;
  readonly cutMs: number | null;
  readonly coordinatorCrashMs: number | null;
  readonly coordinatorStallMs: number | null;
  readonly drainMs: number | null;
  readonly cancelMs: number | null;
  /** The journal is replaced by a snapshot. */
  readonly snapshotMs: number | null;
  /** Of a worker that crashes: that its folder is gone when it starts again, and that its address is another one. */
  readonly wipeChance: number;
  readonly moveChance: number;
  /** Of a message: that it arrives twice. */
  readonly doubleChance: number;
  /** Of a connection that is cut: that what was on its way to the coordinator still arrives, late. */
  readonly lateChance: number;
  /** Of a fetch, an executor, an opening of a job. */
  readonly fetchFailureChance: number;
  readonly executorCrashChance: number;
  readonly openFailureChance: number;
  /** Of a task: that its first attempts fail; of a job: that a task always fails, that it is not deterministic. */
  readonly flakyTaskChance: number;
  readonly failingJobChance: number;
  readonly nondeterministicJobChance: number;
  readonly publishFailureChance: number;
  readonly messageDelayMs: number;
  readonly taskMs: number;
  /** Some jobs are long chains of stages, or rounds that all read one stage. */
  readonly deepJobs: boolean;
}

/** The options of a seed. */
export function drawOptions(random: Random): SimulationOptions {
  const every = (fromMs: number, toMs: number): number | null => (random.chance(0.5) ? random.integer(fromMs, toMs) : null);
  const sometimes = (most: number): number => (random.chance(0.5) ? random.fraction() * most : 0);
  return {
    workers: random.integer(1, 5),
    slots: random.integer(1, 3),
    jobs: random.integer(1, 4),
    faultsUntilMs: random.integer(5_000, 40_000),
    workerCrashMs: every(1_000, 15_000),
    workerFreezeMs: every(3_000, 20_000),
    cutMs: every(500, 10_000),
    coordinatorCrashMs: every(2_000, 15_000),
    coordinatorStallMs: every(5_000, 20_000),
    drainMs: every(10_000, 30_000),
    cancelMs: every(5_000, 40_000),
    snapshotMs: every(500, 10_000),
    wipeChance: sometimes(1),
    moveChance: sometimes(1),
    doubleChance: sometimes(0.2),
    lateChance: sometimes(1),
    fetchFailureChance: sometimes(0.1),
    executorCrashChance: sometimes(0.1),
    openFailureChance: sometimes(0.2),
    flakyTaskChance: sometimes(0.3),
    failingJobChance: sometimes(0.5),
    nondeterministicJobChance: sometimes(1),
    publishFailureChance: sometimes(0.1),
    messageDelayMs: random.pick([1, 5, 50]),
    taskMs: random.pick([20, 200, 1_500]),
    deepJobs: random.chance(0.5),
  };
}
