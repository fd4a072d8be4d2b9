// What the steps of one attempt share: the job, the user's context, the writers of edges and outputs, the broadcast tables.

import type { RecordPlace } from '@sheaf/protocol';
import type { EdgeId, OutputId, Stage, StepId } from '@sheaf/protocol/graph';
import type { TaskAssignment } from '@sheaf/protocol/messages';
import type { LoadedJob } from './loaded-job.ts';
import type { ExecutorTask } from './messages.ts';
import type { AnswerWriter } from './output/answer-writer.ts';
import type { FolderWriter } from './output/folder-writer.ts';
import type { PartWriter } from './output/part-writer.ts';
import type { Progress } from './progress.ts';
import type { EdgeWriter } from './shuffle/edge-writer.ts';
import type { Skipping } from './skipping/skipping.ts';
import type { JoinKeys } from './steps/join-keys.ts';
import type { LookupTable } from './steps/lookup-table.ts';
import type { UserContext } from './task-context.ts';

export interface TaskParts {
  readonly job: LoadedJob;
  readonly stage: Stage;
  readonly assignment: TaskAssignment;
  readonly context: UserContext;
  readonly task: ExecutorTask;
  readonly progress: Progress;
  /** What a failure tells of the record being worked on. */
  describe: (() => RecordPlace) | null;
  /** Bad records are skipped; null: they fail the attempt. */
  readonly skipping: Skipping | null;
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
