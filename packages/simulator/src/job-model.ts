// The jobs of a simulation: random graphs, how each task behaves, and what a right run of them gives. Contents are symbolic: the
// output of a task is a hash of its name and of all contents that it read, so a wrong one anywhere reaches the end.

import { coalesce, coalescingOf, type JobFacts, stretchBytes } from '@sheaf/coordinator/scheduler';
import type { Failure, JobId } from '@sheaf/protocol';
import { partitionCount, type Stage, type StageGraph } from '@sheaf/protocol/graph';
import type { TaskAssignment } from '@sheaf/protocol/messages';
import type { SimulationOptions } from './options.ts';
import { hash32, hash128, type Random } from './random.ts';
import { chain, coalesced, jobFacts, jobNamed, lateCount, totalSort } from './sample-jobs.ts';
import { skipLimitOf } from './skipped-records.ts';

/** What an attempt read: `edge:task` → content. */
export type Reads = ReadonlyMap<string, string>;

export interface JobModel {
  readonly facts: JobFacts;
  readonly graph: StageGraph;
  readonly submitAt: number;
  /** `stage:task` → how many first attempts fail. */
  readonly flaky: ReadonlyMap<string, number>;
  /** A task that always fails, in the same way. */
  readonly failing: string | null;
  readonly deterministic: boolean;
  /** Somebody asked to cancel it. */
  cancelled: boolean;
  /** The last attempt to publish failed for good. */
  publishFailed: boolean;
}

export function drawJob(random: Random, options: SimulationOptions, number: number): JobModel {
  const facts = options.deepJobs ? drawDeepFacts(random, `s${number}`) : drawFacts(random, `s${number}`);
  return modelFor(random, options, facts);
}

/** How the tasks of this job behave. */
export function modelFor(random: Random, options: SimulationOptions, facts: JobFacts): JobModel {
  const graph = JSON.parse(facts.opening.graph) as StageGraph;
  const flaky = new Map<string, number>();
  const tasks = Object.entries(facts.plan.counts).flatMap(([stage, count]) => {
    if (count === 'later') return [];
    // Where partitions are read together there may be fewer tasks, but the rule's `min` there are.
    const sure = coalescingOf(graph.stages[Number(stage)] as Stage, count)?.min ?? count;
    return Array.from({ length: sure }, (_, task) => `${stage}:${task}`);
  });
  for (const task of tasks) if (random.chance(options.flakyTaskChance)) flaky.set(task, random.integer(1, 3));
  return {
    facts,
    graph,
    submitAt: random.integer(0, 5_000),
    flaky,
    failing: tasks.length > 0 && random.chance(options.failingJobChance) ? random.pick(tasks) : null,
    deterministic: !random.chance(options.nondeterministicJobChance),
    cancelled: false,
    publishFailed: false,
  };
}

/** Machines fail as often as they like here: that budget is tried elsewhere. */
const settings = { attempts: 100, infrastructureAttempts: 100_000, taskTimeoutMs: 20_000 };

function drawFacts(random: Random, name: string): JobFacts {
  const shape = random.integer(0, 4);
  if (shape === 0) return totalSort(name, random.integer(1, 4), { settings });
  if (shape === 1) return diamond(random, name);
  const stages = Array.from({ length: random.integer(1, 4) }, () => random.integer(random.chance(0.1) ? 0 : 1, 5));
  const maxCount = skipLimitOf(jobNamed(name), stages[0] ?? 0);
  return chain(name, stages, { settings, ...(maxCount === null ? {} : { skip: { maxCount, maxRatio: null } }) });
}

function drawDeepFacts(random: Random, name: string): JobFacts {
  const shape = random.integer(0, 3);
  if (shape === 0) return drawFacts(random, name);
  if (shape === 3) return drawCoalesced(random, name);
  const count = random.integer(4, 10);
  const tasks = Array.from({ length: count }, () => random.integer(1, 3));
  return shape === 1 ? chain(name, tasks, { settings }) : rounds(name, tasks);
}

/** Two stages whose partitions are read together, of which the second also reads what the first reads. */
function drawCoalesced(random: Random, name: string): JobFacts {
  const maps = random.integer(0, 5);
  const tasks = () => {
    const partitions = random.pick([2, 7, 40, 700]);
    // About as many tasks: a partition of one map output counts as 3,500 bytes, on average.
    return { partitions, coalesceBytes: Math.ceil((partitions * (maps + 1) * 3_500) / random.integer(1, 9)) };
  };
  if (random.chance(0.5)) return coalesced(name, maps, tasks(), { settings });
  return jobFacts({
    ...{ id: jobNamed(name), settings },
    stages: [
      { name: 'read', tasks: maps },
      { name: 'sum', tasks: tasks() },
      { name: 'join', tasks: tasks(), outputs: [0] },
    ],
    edges: [
      { from: 0, to: 1, kind: 'shuffle' },
      { from: 0, to: 2, kind: 'shuffle' },
      { from: 1, to: 2, kind: 'shuffle' },
    ],
  });
}

/** What the first stage makes is read in every round, each of which reads the one before; every third round writes. */
function rounds(name: string, tasks: readonly number[]): JobFacts {
  const last = tasks.length - 1;
  const writers = tasks.flatMap((_, i) => (i > 0 && (i === last || i % 3 === 0) ? [i] : []));
  return jobFacts({
    ...{ id: jobNamed(name), settings },
    stages: tasks.map((count, i) => ({ name: `round${i}`, tasks: count, outputs: writers.includes(i) ? [writers.indexOf(i)] : [] })),
    edges: tasks
      .slice(1)
      .flatMap((_, i) => [
        { from: i, to: i + 1, kind: 'shuffle' as const },
        ...(i === 0 ? [] : [{ from: 0, to: i + 1, kind: 'shuffle' as const }]),
      ]),
  });
}

/** Two readers of one stage, joined by a third, which also gets a broadcast; two outputs. */
function diamond(random: Random, name: string): JobFacts {
  const tasks = (): number => random.integer(1, 3);
  return jobFacts({
    id: jobNamed(name),
    settings,
    stages: [
      { name: 'read', tasks: tasks() },
      { name: 'left', tasks: tasks(), outputs: [1] },
      { name: 'right', tasks: tasks() },
      { name: 'join', tasks: tasks(), outputs: [0] },
    ],
    edges: [
      { from: 0, to: 1, kind: 'shuffle' },
      { from: 0, to: 2, kind: 'shuffle' },
      { from: 1, to: 3, kind: 'shuffle' },
      { from: 2, to: 3, kind: 'shuffle' },
      { from: 0, to: 3, kind: 'broadcast' },
    ],
  });
}

/** What a task's attempt writes on an edge (or, without one, as its part). */
export function contentOf(of: { readonly job: JobId; readonly stage: number; readonly task: number }, reads: Reads, salt: string): string {
  const read = [...reads].map(([from, content]) => `${from}=${content}`).sort();
  return hash128(`${of.job}/${of.stage}@${of.task}(${read.join()})${salt}`);
}

export function onEdge(content: string, edge: number): string {
  return hash128(`${content} on ${edge}`);
}

/** Raw bytes of each partition of a task's output on an edge: the same in every attempt. */
export function partitionBytesOf(of: { readonly job: JobId; readonly stage: number; readonly task: number }, partitions: number): number[] {
  if (partitions === 1) return [rawBytesOf(of.job, of.stage, of.task)];
  return Array.from({ length: partitions }, (_, partition) => hash32(`${of.job}/${of.stage}@${of.task}/${partition}`, 7) % 5_000);
}

/** Raw bytes of a task's output on an edge. */
export function rawBytesOf(job: JobId, stage: number, task: number): number {
  return hash32(`${job}/${stage}@${task}`, 7) % 150;
}

/** How this attempt must fail, or null. */
export function failureOf(job: JobModel, { stage, task, number, attempt }: TaskAssignment): Failure | null {
  const key = `${stage}:${task}`;
  if (job.failing === key) return { code: 'E_USER_CODE', message: 'always', record: { file: '/in/file', offset: 7 } };
  if (number <= (job.flaky.get(key) ?? 0)) return { code: 'E_USER_CODE', message: `attempt ${attempt} is number ${number}` };
  return null;
}

/** The contents of a run without any fault: by `stage:task`. */
export function expectedContents({ facts, graph }: JobModel): ReadonlyMap<string, string> {
  const contents = new Map<string, string>();
  const counts: number[] = [];
  graph.stages.forEach((_, stage) => {
    const into = graph.edges.map((edge, id) => ({ ...edge, id })).filter(edge => edge.to === stage);
    const planned = facts.plan.counts[stage] ?? 0;
    const shuffled = into.filter(edge => edge.type === 'shuffle');
    const rawBytes = shuffled.reduce((sum, edge) => sum + rawTotal(facts.id, edge.from, counts[edge.from] ?? 0), 0);
    const late = partitionCount(lateCount, rawBytes);
    const producers = shuffled.map(({ from }) => ({ from, tasks: counts[from] ?? 0 }));
    const count = planned === 'later' ? late : tasksOf({ facts, graph }, { stage, planned, producers });
    counts[stage] = count;
    const reads = new Map<string, string>();
    for (const edge of into) {
      for (let task = 0; task < (counts[edge.from] ?? 0); task++) {
        reads.set(`${edge.id}:${task}`, onEdge(contents.get(`${edge.from}:${task}`) ?? '', edge.id));
      }
    }
    for (let task = 0; task < count; task++) contents.set(`${stage}:${task}`, contentOf({ job: facts.id, stage, task }, reads, ''));
  });
  return contents;
}

interface Shuffled {
  readonly stage: number;
  readonly planned: number;
  readonly producers: readonly { readonly from: number; readonly tasks: number }[];
}

/** How many tasks read the planned partitions. */
function tasksOf({ facts, graph }: Pick<JobModel, 'facts' | 'graph'>, { stage, planned, producers }: Shuffled): number {
  const spec = graph.stages[stage];
  const rule = spec === undefined ? null : coalescingOf(spec, planned);
  if (rule === null) return planned;
  const bytes = stretchBytes(new Array<number>(planned).fill(0));
  const outputs = producers.flatMap(({ from, tasks }) =>
    Array.from({ length: tasks }, (_, task) => ({ job: facts.id, stage: from, task })),
  );
  for (const output of outputs) {
    stretchBytes(partitionBytesOf(output, planned)).forEach((own, at) => {
      bytes[at] = (bytes[at] ?? 0) + own;
    });
  }
  return coalesce({ bytes, partitions: planned, outputs: outputs.length }, rule).length;
}

function rawTotal(job: JobId, stage: number, tasks: number): number {
  return Array.from({ length: tasks }, (_, task) => rawBytesOf(job, stage, task)).reduce((sum, bytes) => sum + bytes, 0);
}
