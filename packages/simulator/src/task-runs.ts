// What happens to an attempt on a simulated worker: its inputs are brought from other workers' disks as they are at that moment,
// and its run ends in what the job's model says, in a crash of its executor, or not at all.

import type { AttemptId, Failure } from '@sheaf/protocol';
import type { HeldAttempt, MapOutput, OutputLocation, TaskAssignment, TaskResult } from '@sheaf/protocol/messages';
import type { AgentCommand, AgentEvent, ExecutorId } from '@sheaf/worker/agent';
import type { ExecutorLine } from './executor-line.ts';
import { contentOf, failureOf, type JobModel, onEdge, partitionBytesOf, type Reads } from './job-model.ts';
import { firstSkippedIn, lettersOf, recordsPerTask, skippedIn } from './skipped-records.ts';
import type { World } from './world.ts';

/** The worker that runs it. */
export interface TaskMachine {
  readonly world: World;
  /** Finished run files, by attempt. */
  readonly disk: Map<AttemptId, HeldAttempt>;
  readonly localised: Map<AttemptId, Reads>;
  tell(event: Unplaced<AgentEvent>): void;
  /** What is planned now happens later in this life of the worker, or not at all. */
  later(meanMs: number, happen: () => void): void;
  executorDied(executor: ExecutorId, failure: Failure): void;
}

/** Of events their moment is the machine's. */
export type Unplaced<Event> = Event extends AgentEvent ? Omit<Event, 'at'> : never;

type Localise = Extract<AgentCommand, { readonly type: 'localise' }>;

/** Reads the outputs that the attempt needs; the first that is not there fails it. */
export function localise(node: TaskMachine, { job, attempt, outputs }: Localise): void {
  const model = modelOf(node.world, job);
  node.later(20, () => {
    const reads = new Map<string, string>();
    for (const [edge, locations] of Object.entries(outputs)) {
      for (const location of locations) {
        const content = fetch(node.world, Number(edge), location);
        if (content === null) {
          const stage = model.graph.edges[Number(edge)]?.from ?? -1;
          const failure: Failure = {
            ...{ code: 'E_MAP_OUTPUT_LOST', message: `${location.address} has not ${location.attempt}` },
            lost: { stage, task: location.task, attempt: location.attempt },
          };
          node.tell({ type: 'localising-failed', attempt, failure });
          return;
        }
        reads.set(`${edge}:${location.task}`, content);
      }
    }
    node.localised.set(attempt, reads);
    node.tell({ type: 'localised', attempt });
  });
}

/** The output at a location, if it is still there and the network carries it. */
function fetch(world: World, edge: number, { address, attempt, hash }: OutputLocation): string | null {
  const owner = world.machines.find(machine => machine.address === address);
  if (owner === undefined || owner.isDead || owner.frozenUntil > world.now) return null;
  if (world.fails('fetch', world.options.fetchFailureChance)) return null;
  const content = owner.disk.get(attempt)?.hashes[edge];
  if (content !== undefined && content !== hash) throw new Error(`${attempt} on edge ${edge} is not what its location says`);
  return content ?? null;
}

export interface Run {
  readonly executor: ExecutorId;
  readonly line: ExecutorLine;
  /** Whether the executor that has this line still lives. */
  readonly isAlive: () => boolean;
  readonly assignment: TaskAssignment;
}

export function runTask(node: TaskMachine, { executor, line, isAlive, assignment }: Run): void {
  const { world } = node;
  const model = modelOf(world, assignment.job);
  const { attempt } = assignment;
  const crashes = world.fails('executor', world.options.executorCrashChance);
  const hangs = world.fails('executor', world.options.executorCrashChance / 10);
  if (hangs) return;
  node.later(world.options.taskMs / 2, () => {
    if (isAlive()) node.tell({ type: 'attempt-progressed', attempt, records: 5, bytes: 50 });
  });
  node.later(world.options.taskMs, () => {
    if (!isAlive()) return;
    if (crashes) {
      node.executorDied(executor, { code: 'E_CRASHED', message: 'killed by signal 9' });
      return;
    }
    const failure = failureOf(model, assignment);
    if (failure === null) {
      const result = finish(node, model, assignment);
      const waits = node.world.random('executor').fraction() < 0.5;
      line.ended(() => node.tell({ type: 'attempt-succeeded', attempt, result }), waits);
      return;
    }
    line.withdraw();
    line.ended(() => node.tell({ type: 'attempt-failed', attempt, failure }), false);
  });
}

/** Writes the attempt's outputs to the worker's disk, and remembers what they are made of. */
function finish(node: TaskMachine, model: JobModel, assignment: TaskAssignment): TaskResult {
  const { job, stage, task, attempt, staging } = assignment;
  const reads = node.localised.get(attempt) ?? new Map<string, string>();
  const salt = model.deterministic ? '' : String(node.world.random('content').integer(0, 3));
  const content = contentOf({ job, stage, task }, reads, salt);
  node.world.truths.set(attempt, { reads, content });
  const edges = model.graph.edges.flatMap((edge, id) => (edge.from === stage ? [id] : []));
  const outputs = edges.map((edge): MapOutput => {
    const partitionBytes = partitionBytesOf({ job, stage, task }, assignment.partitions[edge] ?? 1);
    return { edge, path: `/${attempt}`, bytes: 10, records: 1, hash: onEdge(content, edge), partitionBytes };
  });
  const hashes = Object.fromEntries(outputs.map(output => [output.edge, output.hash]));
  if (edges.length > 0) node.disk.set(attempt, { job, stage, task, attempt, hashes });
  node.world.noteDisks();
  const skipped = skippedIn(model.graph, assignment);
  const written = Object.keys(staging).map(Number);
  const parts = written.flatMap(output =>
    output === lettersOf(model.graph) && skipped === 0
      ? []
      : [
          {
            ...{ output, token: partToken(attempt, content), bytes: 1, records: 1, sha256: `${content}${content}` },
          },
        ],
  );
  const nothing = {
    recordsOut: 0,
    bytesOut: 0,
    spills: 0,
    spilledBytes: 0,
    combinedRecords: 0,
    groups: 0,
    skippedRecords: skipped,
    invalidUtf8: 0,
  };
  const counters = { recordsIn: recordsPerTask, bytesIn: 100, ...nothing, user: { tasks: 1 } };
  const first = skipped === 0 ? {} : { firstSkipped: firstSkippedIn(stage, task) };
  return { outputs, parts, counters, ...first, durationMs: 1, cpuMs: 1, peakRssBytes: 1 };
}

function partToken(attempt: AttemptId, content: string): string {
  return `/out/${attempt}/${content}`;
}

function modelOf(world: World, job: TaskAssignment['job']): JobModel {
  const model = world.jobs.get(job);
  if (model === undefined) throw new Error(`no job ${job}`);
  return model;
}
