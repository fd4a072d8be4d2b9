// One simulated run: a seed gives the options, the jobs and every fault. Faults happen for a while, then everything is made well,
// and every job must end within a bound of virtual time, rightly, with nothing left behind.

import type { JobFacts } from '@sheaf/coordinator/scheduler';
import type { Cluster } from './cluster.ts';
import { CoordinatorNode } from './coordinator-node.ts';
import { checkEnd } from './end-checks.ts';
import { planFaults } from './faults.ts';
import { drawJob, type JobModel, modelFor } from './job-model.ts';
import { drawOptions, type SimulationOptions } from './options.ts';
import { OutputStore } from './output-store.ts';
import { Random } from './random.ts';
import { Trace } from './trace.ts';
import { WorkerNode } from './worker-node.ts';
import { World } from './world.ts';

export interface SimulationReport {
  readonly seed: string;
  readonly options: SimulationOptions;
  readonly virtualMs: number;
  readonly happenings: number;
  /** The most finished outputs that lay on all workers' disks at a time. */
  readonly outputsOnDiskMax: number;
  /** Of all that happened: equal for equal seeds. */
  readonly traceHash: number;
  /** Job → how it ended. */
  readonly outcomes: { readonly [job: string]: string };
}

export interface SimulationRequest {
  /** Fixes what a seed would draw. */
  readonly options?: Partial<SimulationOptions>;
  /** In place of those that a seed would draw. */
  readonly jobs?: readonly JobFacts[];
  /** Is given each line of the trace as it happens. */
  readonly onLine?: (line: string) => void;
}

/** Virtual time that jobs have to end once everything is well. */
const endsWithinMs = 600_000;
/** Time for last messages, once all jobs have ended. */
const settlesWithinMs = 60_000;
/** A run of more happenings than this goes round in circles. */
const happeningsMax = 2_000_000;

/** Runs a seed. Throws, with the seed, the last that happened and how to see it again, when something was not as it must be. */
export function runSimulation(seed: string, request: SimulationRequest = {}): SimulationReport {
  const world = createWorld(seed, request);
  try {
    return play(world);
  } catch (error) {
    const again = `SEED=${seed} TRACE=1 npx vitest run test/simulator`;
    const options = JSON.stringify(world.options);
    throw new Error(`simulation ${seed}: ${(error as Error).message}\n${world.trace.tail()}\noptions ${options}\nagain: ${again}`, {
      cause: error,
    });
  }
}

function createWorld(seed: string, request: SimulationRequest): World {
  const options: SimulationOptions = { ...drawOptions(new Random(`${seed}/options`)), ...request.options };
  const random = new Random(`${seed}/jobs`);
  const jobs =
    request.jobs?.map(facts => modelFor(random, options, facts)) ??
    Array.from({ length: options.jobs }, (_, i) => drawJob(random, options, i));
  return new World({
    options,
    seed,
    trace: new Trace(request.onLine ?? null),
    jobs: new Map(jobs.map(job => [job.facts.id, job])),
    store: new OutputStore(),
  });
}

function clusterIn(world: World): Cluster {
  const coordinator = new CoordinatorNode(world);
  const workers = Array.from({ length: world.options.workers }, (_, i) => new WorkerNode(world, i + 1));
  world.door = coordinator;
  world.machines.push(...workers);
  return { world, coordinator, workers };
}

function play(world: World): SimulationReport {
  const { options, timeline } = world;
  const cluster = clusterIn(world);
  const { coordinator, workers } = cluster;
  coordinator.start();
  for (const worker of workers)
    timeline.after(world.random('start').integer(0, 2_000), () => (worker.agent === null ? worker.start() : undefined));
  for (const job of world.jobs.values()) timeline.at(job.submitAt, () => submit(cluster, job));
  planFaults(cluster);
  let happenings = 0;
  let settledAt: number | null = null;
  while (timeline.advance()) {
    happenings++;
    if (happenings > happeningsMax) throw new Error('too much happens');
    if (timeline.now > options.faultsUntilMs + endsWithinMs) throw new Error('not every job ended in time');
    if (settledAt === null && world.healed && haveEnded(cluster)) settledAt = timeline.now + settlesWithinMs;
    if (settledAt !== null && timeline.now > settledAt) break;
  }
  checkEnd(cluster);
  const ended = coordinator.state?.ended ?? new Map();
  const outcomes = Object.fromEntries([...ended].map(([id, { status }]) => [id, status.error?.code ?? status.state]));
  const { seed, outputsOnDiskMax } = world;
  return { seed, options, virtualMs: timeline.now, happenings, outputsOnDiskMax, traceHash: world.trace.hash, outcomes };
}

/** A client submits until the coordinator has the job on disk. */
function submit(cluster: Cluster, job: JobModel): void {
  const { world, coordinator } = cluster;
  if (coordinator.knows(job.facts.id)) return;
  coordinator.submit({ type: 'job-submitted', job: job.facts });
  world.timeline.after(700, () => submit(cluster, job));
}

function haveEnded({ world, coordinator }: Cluster): boolean {
  const ended = coordinator.state?.ended;
  return ended !== undefined && [...world.jobs.keys()].every(id => ended.has(id));
}
