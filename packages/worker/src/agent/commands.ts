// What the agent asks of its shell. A command returns nothing: when it has an outcome, the outcome comes back as an event.
// The shell carries commands out in the order given; two commands about one job's folder never overlap.

import type { AttemptId, EdgeId, JobId, StageId } from '@sheaf/protocol';
import type { AttemptName, JobOpening, OutputLocation, TaskAssignment, WorkerMessage } from '@sheaf/protocol/messages';

/** An executor process, numbered by the agent: 1, 2, 3 … */
export type ExecutorId = number;
/** One connection to the coordinator, numbered by the agent. What comes from an older link is ignored. */
export type LinkId = number;

/** What the agent says to the coordinator. Bytes that are relayed pass it by. */
export type AgentReport = Exclude<WorkerMessage, { readonly type: 'fetch' | 'fetched' }>;

/** One location for each producer task, in task order. There may be a million: each is made when it is asked for. */
export type LocatedOutputs = Iterable<OutputLocation>;

export type AgentCommand =
  /** Ends in `connected` or `disconnected`. */
  | { readonly type: 'connect'; readonly link: LinkId }
  /** Ends in `disconnected`. */
  | { readonly type: 'disconnect'; readonly link: LinkId }
  | { readonly type: 'send'; readonly link: LinkId; readonly message: AgentReport }
  /** Fetch bundle and blobs, check the nonces. Ends in `job-prepared` or `job-refused`. */
  | { readonly type: 'prepare-job'; readonly job: JobOpening }
  /** Delete the job's folder; an unfinished `prepare-job` is given up. No outcome. */
  | { readonly type: 'delete-job'; readonly job: JobId }
  /** Bring what is read of these outputs to this machine and keep their paths for `run-attempt`. Ends in `localised` or `localising-failed`. */
  | {
      readonly type: 'localise';
      readonly job: JobId;
      readonly attempt: AttemptId;
      /** For each edge into the stage. */
      readonly outputs: { readonly [edge: EdgeId]: LocatedOutputs };
      /** Of each of these edges: the partitions [from, to) that the attempt reads; null: everything. */
      readonly reads: { readonly [edge: EdgeId]: TaskAssignment['reads'][EdgeId] | null };
    }
  /** Nobody waits for this attempt's input any more. No outcome. */
  | { readonly type: 'stop-localising'; readonly attempt: AttemptId }
  /** Ends in `executor-ready`, and sooner or later in `executor-exited`. */
  | { readonly type: 'start-executor'; readonly executor: ExecutorId; readonly heapMb: number }
  /** On an executor, behind what it was given before. Ends in `attempt-succeeded`, `attempt-failed`, `line-withdrawn` or `executor-exited`. */
  | { readonly type: 'run-attempt'; readonly executor: ExecutorId; readonly assignment: TaskAssignment }
  /** Takes back what the executor has not begun. Ends in `line-withdrawn`, unless the executor ends before. */
  | { readonly type: 'withdraw-line'; readonly executor: ExecutorId }
  /** With all that it started. Ends in `executor-exited`. */
  | { readonly type: 'kill-executor'; readonly executor: ExecutorId }
  /** Delete the attempt's folder, and with it its map outputs; its log stays. No outcome. */
  | { readonly type: 'delete-attempt'; readonly name: AttemptName }
  /** Delete what was fetched of other workers' outputs of these stages, as far as attempts up to `upTo` made them. No outcome. */
  | { readonly type: 'delete-fetched'; readonly job: JobId; readonly stages: readonly StageId[]; readonly upTo: AttemptId }
  /** Ends in `log-read`. */
  | { readonly type: 'read-log'; readonly request: number; readonly attempt: AttemptId; readonly bytesMax: number }
  /** For the log: what the agent noticed and did nothing else about. */
  | { readonly type: 'note'; readonly level: 'info' | 'warn'; readonly text: string }
  /** The agent has ended and takes no further event. */
  | { readonly type: 'end'; readonly reason: 'drained' | 'refused'; readonly message: string };
