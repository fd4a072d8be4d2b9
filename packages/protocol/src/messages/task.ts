// What a task is told and what it answers: carried coordinator → worker → executor and back.

import type { Failure } from '../failures.ts';
import type { ListedFile, Piece } from '../graph/plan.ts';
import type { AttemptId, EdgeId, JobId, OutputId, StageId, TaskIndex, WorkerId } from '../ids.ts';
import type { JoinedKeys } from './measures.ts';
import type { WorkCounters } from './work-counters.ts';

/** One attempt, as the coordinator hands it to a worker. */
export interface TaskAssignment {
  readonly job: JobId;
  readonly stage: StageId;
  readonly task: TaskIndex;
  readonly attempt: AttemptId;
  /** 1 for the first attempt of the task, 2 for the next …: what `context.task.attempt` shows. */
  readonly number: number;
  /**
   * How often, in this job so far, a task that ran again gave other bytes. The worker gives it back in its hello: an attempt
   * of an earlier generation may have read bytes that no longer count, and is not resumed.
   */
  readonly generation: number;
  /** A 'splits' stage: what to read. */
  readonly split: AssignedSplit | null;
  /** For each shuffle edge that leaves the stage: into how many partitions its run file is cut (range edges: 1). */
  readonly partitions: { readonly [edge: EdgeId]: number };
  /** For each shuffle edge into the stage: the partitions [from, to) this task reads (range edges: key ranges, cut by the splitters). */
  readonly reads: { readonly [edge: EdgeId]: { readonly from: number; readonly to: number } };
  /** For each edge into the stage: the number of tasks of its producer, so that the worker knows when it has every location. */
  readonly producers: { readonly [edge: EdgeId]: number };
  /** Task counts that a `splitters` step needs. */
  readonly counts: { readonly [stage: StageId]: number };
  /** For each output of the stage: the staging folder that the part is written into. */
  readonly staging: { readonly [output: OutputId]: string };
}

export interface AssignedSplit {
  /** Index into the stage's inputs. */
  readonly input: number;
  /** Only the files that the pieces name; `Piece.file` indexes this list. For items: the one spool, addressed by hash. */
  readonly files: readonly ListedFile[];
  readonly pieces: readonly Piece[];
}

/** The finished run file of one attempt on one edge, on the worker that ran it. */
export interface MapOutput {
  readonly edge: EdgeId;
  /** Absolute path on the worker: what `outputPath` gives. Only the worker reads it; the coordinator works it out for others. */
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
  readonly records: number;
  /** 32 hex digits: 16 bytes over the raw bytes in order. A re-run that differs is seen by it. */
  readonly hash: string;
  /** Raw (unpacked) bytes of each partition. */
  readonly partitionBytes: readonly number[];
  /** Where it lies among others in one file; absent: it has a file of its own. */
  readonly packed?: PackPlace;
}

/** A run of little size lies in a pack: a file of many runs, one behind another, whose path `packPath` gives. */
export interface PackPlace {
  readonly pack: number;
  /** Its first byte. */
  readonly at: number;
}

/** A finished part file in the staging folder of an output. A task writes one for each output; where the output has folders, one for each of its own. */
export interface OutputPart {
  readonly output: OutputId;
  /** The folder below the output's own: `day=2025-01-01`, `day=2025-01-01/user=7`. Absent: the output's own. */
  readonly folder?: string;
  /** What the committer needs to publish it: here the absolute path of the staged file; of an answer, which has none, '/'. */
  readonly token: string;
  /** An answer: the list of its records in the value codec. */
  readonly answer?: Uint8Array;
  readonly bytes: number;
  readonly records: number;
  /** sha256 of the file, in hex. */
  readonly sha256: string;
}

export interface TaskCounters extends WorkCounters {
  readonly skippedRecords: number;
  readonly invalidUtf8: number;
  /** What `context.count` counted. */
  readonly user: { readonly [name: string]: number };
}

export interface TaskResult {
  readonly outputs: readonly MapOutput[];
  readonly parts: readonly OutputPart[];
  readonly counters: TaskCounters;
  /** Why and where the first record was skipped; absent: none was. */
  readonly firstSkipped?: Failure;
  /** Of a task that joins, but for anti joins and cogroups: the keys that both sides had. */
  readonly joined?: JoinedKeys;
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
}

/** Where one map output can be had: a delta of these reaches each worker before the first task that reads the edge. */
export interface OutputLocation {
  readonly task: TaskIndex;
  readonly attempt: AttemptId;
  readonly worker: WorkerId;
  /** `host:port` of the worker's shuffle server; null: it has none, and its outputs are had through the coordinator. */
  readonly address: string | null;
  /** The machine, as `os.hostname()` and a boot id have it: equal means that `path` may be opened directly. */
  readonly host: string;
  /** Absolute path there; opened directly by a worker on the same host after its header's ids were checked. */
  readonly path: string;
  /** The output's first byte in a file of several; absent: it is the whole file. */
  readonly at?: number;
  readonly bytes: number;
  readonly hash: string;
}

/** Where a worker keeps the finished run file of an attempt on an edge: a rule, so that the coordinator need not remember paths. */
export function outputPath(directory: string, output: { readonly job: JobId; readonly attempt: AttemptId; readonly edge: EdgeId }): string {
  return `${directory}/${output.job}/${output.attempt}/edge-${output.edge}.run`;
}

/** Where a worker keeps one of a job's packs. */
export function packPath(directory: string, job: JobId, pack: number): string {
  return `${directory}/${job}/pack-${pack}.runs`;
}
