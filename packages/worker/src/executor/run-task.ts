// Runs one attempt of one task: lays out the fixed memory, opens writers, loads broadcasts, runs setup, streams the records of
// its split or the groups of its merge through the stage's steps, and finishes its run files and parts. Whatever fails, nothing
// half-written stays and the failure names the record.

import { join } from 'node:path';
import { FailureError, limits, type RecordPlace } from '@sheaf/protocol';
import { deadLettersOf, type EdgeId, isReadInGroups, type OutputId, type Stage, type Step, type StepId } from '@sheaf/protocol/graph';
import type { OutputPart, TaskCounters, TaskResult } from '@sheaf/protocol/messages';
import { placeOf, recordFailure } from './failure/task-failure.ts';
import type { InputCounts } from './input/input-counts.ts';
import { readInput } from './input/read-input.ts';
import { receiveInput } from './input/receive-input.ts';
import type { LoadedJob } from './loaded-job.ts';
import type { ExecutorTask } from './messages.ts';
import { AnswerWriter } from './output/answer-writer.ts';
import { FolderWriter } from './output/folder-writer.ts';
import { PartWriter, type PartWriterOptions } from './output/part-writer.ts';
import { ProcessUsage } from './process-usage.ts';
import { Progress } from './progress.ts';
import { EdgeWriter } from './shuffle/edge-writer.ts';
import { finishEdges } from './shuffle/finish-edges.ts';
import { Skipping } from './skipping/skipping.ts';
import { JoinKeys } from './steps/join-keys.ts';
import { type LoadedBroadcasts, loadBroadcasts } from './steps/load-broadcast.ts';
import { StepChain } from './steps/step-chain.ts';
import { userContext, type Where } from './task-context.ts';
import { layoutOf, type TaskLayout } from './task-layout.ts';
import type { TaskParts } from './task-parts.ts';

/** What an attempt tells while it runs. */
export interface TaskHost {
  progress(records: number, bytes: number): void;
  /** Only what takes long is told of: tasks like this one end at once, as a rule. */
  readonly isBrief?: boolean;
  /** Told at the start how to see where the attempt is, at any moment of its run. */
  started?(look: () => TaskSight): void;
  log(level: 'info' | 'warn', message: string, fields?: object): void;
}

/** Where an attempt is. */
export interface TaskSight {
  /** Finished ones. */
  readonly records: number;
  readonly bytes: number;
  /** The record that is being worked on, if there is one. */
  readonly place: RecordPlace | undefined;
}

/** Runs an attempt to its result. Rejects with a FailureError, whatever went wrong. */
export async function runTask(job: LoadedJob, task: ExecutorTask, host: TaskHost): Promise<TaskResult> {
  usage.begin();
  const run = new TaskRun(job, task, host);
  host.started?.(() => ({ records: run.progress.records, bytes: run.progress.bytes, place: placeOf(run) }));
  try {
    const result = await run.run();
    return { ...result, ...usage.end() };
  } catch (error) {
    run.abandon();
    throw new FailureError(recordFailure(error, run), { cause: error });
  } finally {
    run.closeTables();
  }
}

const usage = new ProcessUsage();

type Finished = Pick<TaskResult, 'outputs' | 'parts' | 'counters' | 'firstSkipped' | 'joined'>;

export class TaskRun implements TaskParts {
  readonly job: LoadedJob;
  readonly stage: Stage;
  readonly assignment: ExecutorTask['assignment'];
  readonly task: ExecutorTask;
  readonly where: Where = { file: '', offset: 0, record: 0 };
  readonly context: ReturnType<typeof userContext>;
  readonly progress: Progress;
  readonly skipping: Skipping | null;
  readonly joinKeys: JoinKeys = new JoinKeys();
  lists: LoadedBroadcasts['lists'] = new Map();
  tables: LoadedBroadcasts['tables'] = new Map();
  /** What a failure tells of the record being worked on. */
  describe: (() => RecordPlace) | null = null;

  /** The attempt's steps, once they are built. */
  chain: StepChain | null = null;

  private readonly counters = new Map<string, number>();
  private readonly edges = new Map<EdgeId, EdgeWriter>();
  private readonly outputs = new Map<OutputId, PartWriter | FolderWriter | AnswerWriter>();
  private layout: TaskLayout | null = null;

  constructor(job: LoadedJob, task: ExecutorTask, host: TaskHost) {
    const stage = job.graph.stages[task.assignment.stage];
    if (stage === undefined) throw new Error(`there is no stage ${task.assignment.stage}`);
    this.job = job;
    this.task = task;
    this.stage = stage;
    this.assignment = task.assignment;
    // Who wants to know where it is wants to know it early.
    const earlyReports = host.started === undefined || host.isBrief === true ? 0 : limits.earlyProgressReports;
    this.progress = new Progress((records, bytes) => host.progress(records, bytes), { earlyReports });
    const letters = deadLettersOf(job.graph, stage);
    const maxCount = job.graph.onError?.maxCount ?? null;
    this.skipping = letters === null ? null : new Skipping(this, { output: letters, maxCount });
    this.context = userContext({
      job,
      stage: stage.name,
      task: task.assignment.task,
      number: task.assignment.number,
      where: this.where,
      log: (level, message, fields) => host.log(level, message, fields),
      counters: this.counters,
      held: this.skipping?.held ?? null,
    });
  }

  async run(): Promise<Finished> {
    const { job, task } = this;
    ({ lists: this.lists, tables: this.tables } = loadBroadcasts(job, task));
    job.memory.reset();
    this.layout = layoutOf(job.memory, job.graph, this.stage, task.assignment.stage);
    const { setup } = this.stage;
    const state = setup === undefined ? undefined : await job.functions[setup.index]?.(this.context);
    this.context.state = state;
    let input: InputCounts;
    try {
      const chain = new StepChain(this, task.assignment.split?.input ?? null);
      this.chain = chain;
      input = await (this.layout.merge === null ? readInput(this, this.layout, chain) : receiveInput(this, this.layout, chain));
      this.describe = null;
      if (this.skipping?.hopeless === true) chain.abandon();
      else await chain.end();
    } catch (error) {
      // The first error is the one that is told.
      await this.teardown(state).catch(() => undefined);
      throw error;
    }
    await this.teardown(state);
    return this.finish(input);
  }

  private async teardown(state: unknown): Promise<void> {
    const { teardown } = this.stage;
    if (teardown !== undefined) await this.job.functions[teardown.index]?.(state);
  }

  edgeWriter(edge: EdgeId): EdgeWriter {
    let writer = this.edges.get(edge);
    if (writer !== undefined) return writer;
    const { assignment, job } = this;
    const definition = job.graph.edges[edge];
    const regions = this.layout?.edges.get(edge);
    if (definition === undefined || regions === undefined) throw new Error(`edge ${edge} does not leave stage ${this.stage.name}`);
    writer = new EdgeWriter({
      job,
      edge: definition,
      ids: { job: assignment.job, stage: assignment.stage, task: assignment.task, attempt: assignment.attempt, edge },
      partitions: definition.type === 'broadcast' ? 1 : (assignment.partitions[edge] ?? 1),
      codec: this.task.codec ?? 'raw',
      region: regions.region,
      blocks: regions.blocks,
      path: this.pathOf(edge),
      recordBytesMax: this.layout?.recordBytesMax ?? 0,
      readInGroups: isReadInGroups(job.graph, edge),
      progress: this.progress,
      tooLarge: bytesMax => {
        const message = `a record that is sent to ${this.nameOfReader(edge)} is over ${bytesMax} bytes, what settings.memoryMb leaves for one: raise memoryMb, or send less`;
        throw new FailureError({ code: 'E_RECORD_TOO_LARGE', message });
      },
    });
    this.edges.set(edge, writer);
    return writer;
  }

  partWriter(output: OutputId): PartWriter | AnswerWriter {
    const known = this.outputs.get(output);
    if (known !== undefined && !(known instanceof FolderWriter)) return known;
    const definition = this.job.graph.outputs[output];
    const writer = definition?.type === 'answer' ? new AnswerWriter({ ...definition, output }) : new PartWriter(this.writerOptions(output));
    this.outputs.set(output, writer);
    return writer;
  }

  folderWriter(output: OutputId): FolderWriter {
    const known = this.outputs.get(output);
    if (known instanceof FolderWriter) return known;
    const writer = new FolderWriter(this.writerOptions(output));
    this.outputs.set(output, writer);
    return writer;
  }

  private writerOptions(output: OutputId): PartWriterOptions {
    const { assignment, job } = this;
    const definition = job.graph.outputs[output];
    const staging = assignment.staging[output];
    if (definition?.type !== 'files' || staging === undefined) throw new Error(`output ${output} has no staging folder`);
    return { index: output, output: definition, staging, part: assignment.task, attempt: assignment.attempt };
  }

  receivesCombined(receive: StepId): boolean {
    const step = this.stage.steps[receive];
    if (step?.type !== 'receive') return false;
    return step.edges.some(id => {
      const edge = this.job.graph.edges[id];
      return edge?.type === 'shuffle' && edge.shuffle.combine !== null;
    });
  }

  /** Closes and removes whatever the attempt has written. */
  abandon(): void {
    this.chain?.abandon();
    for (const writer of this.edges.values()) attempt(() => writer.abandon());
    for (const writer of this.outputs.values()) attempt(() => writer.abandon());
    attempt(() => this.skipping?.abandon());
  }

  closeTables(): void {
    for (const table of this.tables.values()) attempt(() => table.records.close());
  }

  private nameOfReader(edge: EdgeId): string {
    const to = this.job.graph.edges[edge]?.to;
    return to === undefined ? 'the next stage' : `stage '${this.job.graph.stages[to]?.name}'`;
  }

  /** Every edge and output of the stage gets its file, also when no record went there. */
  private finish(input: InputCounts): Finished {
    const outputs = finishEdges(this, { writerOf: edge => this.edgeWriter(edge), pathOf: edge => this.pathOf(edge) });
    const parts = [...this.stage.outputs.flatMap(output => this.finishOutput(output)), ...(this.skipping?.finish() ?? [])];
    const firstSkipped = this.skipping?.first ?? null;
    const joins = this.stage.steps.some(isMatching);
    return {
      ...{ outputs, parts, counters: this.countersOf(input) },
      ...(firstSkipped === null ? {} : { firstSkipped }),
      ...(joins ? { joined: this.joinKeys.counted() } : {}),
    };
  }

  private pathOf(edge: EdgeId): string {
    return join(this.task.directory, `edge-${edge}.run`);
  }

  private finishOutput(output: OutputId): OutputPart[] {
    const definition = this.job.graph.outputs[output];
    if (definition?.type === 'files' && definition.folders === true) return this.folderWriter(output).finish();
    return [this.partWriter(output).finish()];
  }

  private countersOf(input: InputCounts): TaskCounters {
    const edges = [...this.edges.values()];
    const parts = [...this.outputs.values()];
    return {
      recordsIn: input.records,
      bytesIn: input.bytes,
      recordsOut: parts.reduce((sum, part) => sum + part.records, 0),
      bytesOut: parts.reduce((sum, part) => sum + part.bytes, 0),
      spills: edges.reduce((sum, edge) => sum + edge.counts.spills, 0),
      spilledBytes: edges.reduce((sum, edge) => sum + edge.counts.spilledBytes, 0),
      combinedRecords: edges.reduce((sum, edge) => sum + edge.counts.combinedRecords, 0),
      groups: input.groups,
      skippedRecords: this.skipping?.count ?? 0,
      invalidUtf8: input.invalidUtf8,
      user: Object.fromEntries(this.counters),
    };
  }
}

/** A join whose result is worth a look when no key was on both sides: of an anti join that may be as it should. */
function isMatching(step: Step): boolean {
  return (step.type === 'join' && step.kind !== 'cogroup' && step.kind !== 'anti') || (step.type === 'lookup' && step.kind !== 'anti');
}

function attempt(close: () => void): void {
  try {
    close();
  } catch {
    // What cannot be removed now goes with the attempt's folder.
  }
}
