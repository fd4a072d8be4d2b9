// What the steps of one attempt share: the job, the user's context, the writers of edges and outputs, the broadcast tables.

import type { RecordPlace } from '@sheaf/protocol';
import type { EdgeId, FunctionRef, OutputId, Stage, StepId } from '@sheaf/protocol/graph';
import type { TaskAssignment } from '@sheaf/protocol/messages';
import type { LoadedJob } from './loaded-job.ts';
import type { ExecutorTask } from './messages.ts';
import type { AnswerWriter } from './output/answer-writer.ts';
import type { FolderWriter } from './output/folder-writer.ts';
import type { PartWriter } from './output/part-writer.ts';
import type { Progress } from './progress.ts';
import type { EdgeWriter } from './shuffle/edge-writer.ts';
import type { RecordSkipping } from './skipping/record-skipping.ts';
import type { JoinKeys } from './steps/join-keys.ts';
import type { LookupTable } from './steps/lookup-table.ts';
import type { UserContext, Where } from './task-context.ts';

/** What is to be known of steps by who looks for the function that made a record. */
export interface StepsAtWork {
  /** Steps that this task's records pass. */
  readonly active: readonly boolean[];
  /** The `end` function whose records are on their way. */
  readonly ending: FunctionRef | null;
}

export interface TaskParts {
  readonly job: LoadedJob;
  readonly stage: Stage;
  readonly assignment: TaskAssignment;
  readonly context: UserContext;
  /** Where the record that is being worked on came from. */
  readonly where: Where;
  readonly task: ExecutorTask;
  readonly progress: Progress;
  /** What a failure tells of the record being worked on. */
  describe: (() => RecordPlace) | null;
  /** Bad records are skipped; null: they fail the attempt. */
  readonly skipping: RecordSkipping | null;
  /** The attempt's steps, once they are built. */
  readonly chain: StepsAtWork | null;
  /** What a join of the stage finds. */
  readonly joinKeys: JoinKeys;
  /** By the `load` step that made them. */
  readonly lists: ReadonlyMap<StepId, readonly unknown[]>;
  readonly tables: ReadonlyMap<StepId, LookupTable>;
  edgeWriter(edge: EdgeId): EdgeWriter;
  partWriter(output: OutputId): PartWriter | AnswerWriter;
  folderWriter(output: OutputId): FolderWriter;
  /** Whether the edges of a `receive` step went through a combiner. */
  receivesCombined(receive: StepId): boolean;
}
