// The durable facts: what the journal must hold so that a coordinator, started again, goes on where its predecessor stood.
// Replayed in order into an empty state they give the same committed tasks, counts, counters and ends. Assignments are not
// among them: an attempt's id is (epoch, counter), and what ran comes back with its worker or is run again.

import type { AttemptId, EdgeId, Failure, JobId, StageId, TaskIndex } from '@sheaf/protocol';
import type { JobStatus, OutputPart, PackPlace, TaskResult } from '@sheaf/protocol/messages';
import type { JobFacts } from './events.ts';

export interface CommittedOutput {
  readonly edge: EdgeId;
  readonly hash: string;
  /** Size of the run file. */
  readonly bytes: number;
  /** Raw bytes over all partitions: what late counts are made of. */
  readonly rawBytes: number;
  /** Raw bytes by stretch of partitions, the first time that the task commits, if the reader's tasks are cut by them and are not yet. */
  readonly stretchBytes?: readonly number[];
  /** Absent: a coordinator wrote it that did not count them. */
  readonly records?: number;
  /** Absent: the run has a file of its own. */
  readonly packed?: PackPlace;
}

interface OfTask {
  readonly job: JobId;
  readonly stage: StageId;
  readonly task: TaskIndex;
}

export type JournalRecord =
  /** `generation` is 0 but in a snapshot: how often tasks that ran again had given other bytes. */
  | { readonly type: 'job-accepted'; readonly job: JobFacts; readonly generation: number }
  /** This attempt counts: it is the one point at which a task is done. */
  | (OfTask & {
      readonly type: 'task-committed';
      readonly at: number;
      readonly attempt: AttemptId;
      readonly outputs: readonly CommittedOutput[];
      readonly parts: readonly OutputPart[];
      /** In the order of `counterNames`. */
      readonly counters: readonly number[];
      /** What user code counted. */
      readonly counted: { readonly [name: string]: number };
      /** Why and where its first record was skipped, when it is the first of the job so far in the order of the input. */
      readonly firstSkipped?: Failure;
      /** What the attempt took. Absent: a coordinator wrote it that did not measure. */
      readonly took?: Pick<TaskResult, 'durationMs' | 'cpuMs' | 'joined'>;
    })
  /** Its outputs are gone and needed: it runs again. Its hashes stay known, so that other bytes are noticed. */
  | (OfTask & {
      readonly type: 'task-uncommitted';
      /** A reader could not use its outputs, or (in a snapshot) they were made from bytes that no longer count: not to be taken back. */
      readonly outdated: boolean;
    })
  /** The attempt that counted before counts again: its outputs came back with their worker, or nobody needs them any more. */
  | (OfTask & { readonly type: 'task-adopted' })
  /** A stage whose number of tasks depends on the bytes that were shuffled to it. */
  | {
      readonly type: 'stage-counted';
      readonly job: JobId;
      readonly stage: StageId;
      readonly count: number;
      /** The first partition of each task, where tasks read several. */
      readonly starts?: readonly number[];
    }
  /** In a snapshot: what has been sent so far to a stage that is to be counted, by stretch of partitions. */
  | { readonly type: 'stage-sized'; readonly job: JobId; readonly stage: StageId; readonly bytes: readonly number[] }
  /** Nobody needs the outputs of its tasks: they are deleted, and nowhere from here on. */
  | { readonly type: 'stage-released'; readonly job: JobId; readonly stage: StageId }
  /** In a snapshot, behind the tasks of a stage, of which it does not say when each of them committed. */
  | { readonly type: 'stage-spanned'; readonly job: JobId; readonly stage: StageId; readonly startedAt: number; readonly endedAt: number }
  /** From here on the job's output is published, after any number of crashes. */
  | { readonly type: 'commit-started'; readonly job: JobId; readonly at: number }
  /** From here on the job's staging is removed, after any number of crashes. */
  | {
      readonly type: 'abort-started';
      readonly job: JobId;
      readonly at: number;
      readonly outcome: 'failed' | 'cancelled';
      readonly failure: Failure | null;
    }
  /** With its last status and its outline, which is all that is kept. */
  | { readonly type: 'job-ended'; readonly job: JobId; readonly status: JobStatus; readonly outline?: string };
