// The tasks of an inline run: stage after stage, task after task, each with the assignment a coordinator would have made. Run
// files are kept until the last stage that reads them is done.

import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { counterNames, jobCounters, type SkipSums, TaskMeasures, tooManySkipped } from '@sheaf/coordinator/planning';
import { type AttemptId, attemptIdOf, epochOf, FailureError, type OutputId, type StageId } from '@sheaf/protocol';
import { deadLettersOf, type Stage, type StageGraph, splitAt, type TaskPlan } from '@sheaf/protocol/graph';
import type { AssignedSplit, JobStatus, MapOutput, OutputPart, StageStatus, TaskAssignment, TaskResult } from '@sheaf/protocol/messages';
import { type ExecutorTask, localOutputs, runTask } from '@sheaf/worker/executor';
import type { InlineJob } from './inline-job.ts';
import { isCountedLate, lateTasks, type TaskReads } from './late-tasks.ts';

export interface InlineTasksOptions {
  readonly inline: InlineJob;
  readonly plan: TaskPlan;
  readonly staging: { readonly [output: OutputId]: string };
  /** Something has changed that a person may want to see. */
  readonly report: () => void;
}

interface StageRun {
  readonly name: string;
  total: number | null;
  done: number;
  running: number;
  failed: number;
  records: number;
  bytes: number;
  /** In task order, each with its attempt. */
  readonly results: FinishedTask[];
  /** Of all results, in the order of `counterNames`: kept, as they are told of after every task. */
  readonly sums: number[];
  /** Made with the first task. */
  measures: TaskMeasures | null;
}

interface FinishedTask extends TaskResult {
  readonly attempt: AttemptId;
}

export class InlineTasks {
  private readonly options: InlineTasksOptions;
  private readonly graph: StageGraph;
  private readonly runs: readonly StageRun[];
  private readonly counts: { [stage: StageId]: number } = {};
  /** Of stages that are counted late, by task. */
  private readonly reads: { [stage: StageId]: readonly TaskReads[] } = {};
  /** The last stage that reads an input. */
  private readonly lastReading: StageId;
  /** What functions have counted, over all tasks. */
  private readonly counted = new Map<string, number>();
  private firstSkipped: TaskResult['firstSkipped'];
  private attempts = 0;

  constructor(options: InlineTasksOptions) {
    this.options = options;
    this.graph = options.inline.job.graph;
    this.lastReading = this.graph.stages.findLastIndex(({ tasks }) => tasks.type === 'splits');
    this.runs = this.graph.stages.map((stage, id) => {
      const count = isCountedLate(stage, options.plan.counts[id]) ? 'later' : options.plan.counts[id];
      if (typeof count === 'number') this.counts[id] = count;
      return {
        name: stage.name,
        total: typeof count === 'number' ? count : null,
        done: 0,
        running: 0,
        failed: 0,
        records: 0,
        bytes: 0,
        results: [],
        sums: counterNames.map(() => 0),
        measures: null,
      };
    });
  }

  /** Runs every task, or ends early when the signal is aborted. Rejects with the first FailureError. */
  async run(): Promise<void> {
    const { inline } = this.options;
    for (const [id, stage] of this.graph.stages.entries()) {
      this.countLate();
      const count = this.counts[id];
      if (count === undefined) throw new Error(`the tasks of stage ${stage.name} were not counted`);
      for (let task = 0; task < count; task++) {
        if (inline.signal?.aborted === true) return;
        await this.runTask(id, stage, task);
        this.checkSkipped(false);
      }
      await this.release(id);
      if (id === this.lastReading) this.checkSkipped(true);
    }
  }

  /** Records that were skipped so far. */
  skipped(): number {
    return this.skipSums().skipped;
  }

  /** Throws when the job has skipped more records than it may. Tasks run in the order of the input: what has run is its front. */
  private checkSkipped(readAll: boolean): void {
    const { onError } = this.graph;
    if (onError === null) return;
    if (this.firstSkipped === undefined) return;
    const failure = tooManySkipped(onError, this.skipSums(), { readAll, first: this.firstSkipped });
    if (failure !== null) throw new FailureError(failure);
  }

  private skipSums(): SkipSums {
    const read = this.runs.filter((_, id) => this.graph.stages[id]?.tasks.type === 'splits');
    const sumOf = (counter: (typeof counterNames)[number]) =>
      read.reduce((sum, { sums }) => sum + (sums[counterNames.indexOf(counter)] ?? 0), 0);
    return { skipped: sumOf('skippedRecords'), records: sumOf('recordsIn') };
  }

  stages(): StageStatus[] {
    return this.runs.map(run => {
      const { name, total, done, running, failed, records, bytes } = run;
      const measured = run.measures?.measures(run.sums) ?? null;
      return { name, total, done, running, failed, records, bytes, ...(measured === null ? {} : { measured }) };
    });
  }

  /** Sums over all tasks, named as a coordinator names them. */
  counters(): { [name: string]: number } {
    const stages = this.runs.map(({ name, sums }) => ({ name, counters: sums }));
    return jobCounters(stages, this.counted);
  }

  /** The parts of each output, in task order. */
  parts(): { output: OutputId; parts: OutputPart[] }[] {
    return this.graph.outputs.flatMap(({ type }, output) => (type === 'files' ? [{ output, parts: this.partsOf(output) }] : []));
  }

  /** What the plan answers, once every task has run. */
  answers(): Pick<JobStatus, 'answers'> {
    const answers = this.graph.outputs.flatMap((output, id) => {
      const records = this.partsOf(id)[0]?.answer;
      return output.type === 'answer' && records !== undefined ? [[output.name, { gives: output.gives, records }] as const] : [];
    });
    return answers.length === 0 ? {} : { answers: Object.fromEntries(answers) };
  }

  private partsOf(output: OutputId): OutputPart[] {
    return this.runs.flatMap(({ results }) => results.flatMap(result => result.parts.filter(part => part.output === output)));
  }

  private async runTask(id: StageId, stage: Stage, task: number): Promise<void> {
    const run = this.runs[id] as StageRun;
    run.running = 1;
    try {
      await this.attempt(run, await this.executorTask(id, stage, task));
    } catch (error) {
      run.failed++;
      throw error;
    } finally {
      run.running = 0;
    }
    this.options.report();
  }

  private async attempt(run: StageRun, task: ExecutorTask): Promise<void> {
    const { inline, report } = this.options;
    const before = { records: run.records, bytes: run.bytes };
    const result = await runTask(inline.job, task, {
      log: inline.log,
      progress: (records, bytes) => {
        run.records = before.records + records;
        run.bytes = before.bytes + bytes;
        report();
      },
    });
    run.results.push({ ...result, attempt: task.assignment.attempt });
    this.addUp(run, result);
    this.measure(run, task.assignment.task, result);
    run.done++;
    run.records = before.records + result.counters.recordsIn;
    run.bytes = before.bytes + result.counters.bytesIn;
  }

  private addUp({ sums }: StageRun, { counters, firstSkipped }: TaskResult): void {
    for (const [i, counter] of counterNames.entries()) sums[i] = (sums[i] ?? 0) + counters[counter];
    for (const [own, value] of Object.entries(counters.user)) this.counted.set(own, (this.counted.get(own) ?? 0) + value);
    this.firstSkipped ??= firstSkipped;
  }

  private measure(run: StageRun, task: number, { durationMs, cpuMs, counters, outputs, joined }: TaskResult): void {
    const edges = outputs.map(output => output.edge);
    run.measures ??= new TaskMeasures(run.total ?? task + 1, edges);
    const took = { durationMs, cpuMs, records: counters.recordsIn, bytes: counters.bytesIn, joined };
    run.measures.set(task, Date.now(), took);
    run.measures.count(task, { by: 1, sent: outputs });
  }

  private async executorTask(id: StageId, stage: Stage, task: number): Promise<ExecutorTask> {
    const { inline, staging } = this.options;
    const attempt = attemptIdOf(epochOf(1), ++this.attempts);
    const directory = join(inline.directory, `${id}-${task}`);
    await mkdir(directory, { recursive: true });
    const edges = [...this.graph.edges.entries()];
    const into = edges.filter(([, edge]) => edge.to === id);
    const reads = this.reads[id]?.[task] ?? { from: task, to: task + 1 };
    const assignment: TaskAssignment = {
      job: inline.id,
      stage: id,
      task,
      attempt,
      number: 1,
      generation: 0,
      split: this.split(id, task),
      partitions: Object.fromEntries(edges.flatMap(([edge, { from, to }]) => (from === id ? [[edge, this.partitions(edge, to)]] : []))),
      reads: Object.fromEntries(into.flatMap(([edge, { type }]) => (type === 'shuffle' ? [[edge, reads]] : []))),
      producers: Object.fromEntries(into.map(([edge, { from }]) => [edge, this.counts[from] ?? 0])),
      counts: this.counts,
      staging: Object.fromEntries([...stage.outputs, ...lettersOf(this.graph, stage)].map(output => [output, staging[output] ?? ''])),
    };
    const sources = Object.fromEntries(
      into.map(([edge, { from }]) => [
        edge,
        localOutputs(
          (this.runs[from] as StageRun).results.map((result, producer) => {
            return { task: producer, attempt: result.attempt, path: outputOn(result, edge).path };
          }),
        ),
      ]),
    );
    return { assignment, sources, directory };
  }

  private partitions(edge: number, to: StageId): number {
    const definition = this.graph.edges[edge];
    if (definition?.type !== 'shuffle' || definition.shuffle.partitioner.type === 'range') return 1;
    const planned = this.options.plan.counts[to];
    if (typeof planned !== 'number') throw new Error(`the partitions of edge ${edge} were not counted`);
    return planned;
  }

  private split(id: StageId, task: number): AssignedSplit | null {
    const { plan } = this.options;
    const split = splitAt(plan.splits[id] ?? [], task);
    if (split === null) return null;
    const files = plan.files[id]?.[split.input] ?? [];
    return { input: split.input, files, pieces: split.pieces };
  }

  /** Counts the stages whose producers have all committed, from the bytes that were written for them. */
  private countLate(): void {
    for (const [id, stage] of this.graph.stages.entries()) {
      const planned = this.options.plan.counts[id];
      if (this.counts[id] !== undefined || planned === undefined) continue;
      const shuffles = [...this.graph.edges.entries()].filter(([, edge]) => edge.to === id && edge.type === 'shuffle');
      if (!shuffles.every(([, edge]) => this.isDone(edge.from))) continue;
      const outputs = shuffles.flatMap(([edge, { from }]) => (this.runs[from] as StageRun).results.map(result => outputOn(result, edge)));
      const reads = lateTasks(stage, planned, outputs);
      this.reads[id] = reads;
      this.counts[id] = reads.length;
      (this.runs[id] as StageRun).total = reads.length;
    }
  }

  private isDone(stage: StageId): boolean {
    const run = this.runs[stage] as StageRun;
    return run.total !== null && run.done === run.total;
  }

  /** Removes the run files that no later stage reads. */
  private async release(done: StageId): Promise<void> {
    for (const [edge, { from }] of this.graph.edges.entries()) {
      const readers = this.graph.edges.filter(other => other.from === from).map(other => other.to);
      if (Math.max(...readers) !== done) continue;
      for (const result of (this.runs[from] as StageRun).results)
        await rm(dirname(outputOn(result, edge).path), { recursive: true, force: true });
    }
  }
}

function lettersOf(graph: StageGraph, stage: Stage): OutputId[] {
  const letters = deadLettersOf(graph, stage);
  return letters === null ? [] : [letters];
}

function outputOn(result: TaskResult, edge: number): MapOutput {
  const output = result.outputs.find(one => one.edge === edge);
  if (output === undefined) throw new Error(`a task wrote nothing on edge ${edge}`);
  return output;
}
