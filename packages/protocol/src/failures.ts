// What can go wrong, as values: a failure crosses processes and the journal, and is shown once to the user.
// `origin` decides which budget an attempt is charged to: 'user' and 'input' count against the task's own attempts,
// 'infrastructure' against the larger budget that dead machines and full disks share. A bug of ours is an assertion, not a Failure.

export type FailureOrigin = 'user' | 'input' | 'output' | 'infrastructure';

/** The stable codes and what each says of an attempt or a job. `retryable: false` fails the job at once. */
export const failureCodes = {
  // A record or user code.
  E_USER_CODE: { origin: 'user', retryable: true, says: 'a function of the job threw' },
  E_BAD_RECORD: { origin: 'input', retryable: true, says: 'a record could not be decoded or was refused by its schema' },
  E_BAD_KEY: { origin: 'user', retryable: true, says: 'a key is of a type that cannot be one' },
  E_BAD_VALUE: { origin: 'user', retryable: true, says: 'a value cannot be carried between tasks' },
  E_BAD_OUTPUT_RECORD: { origin: 'user', retryable: true, says: 'the sink cannot write this record' },
  E_KEY_TOO_LARGE: { origin: 'user', retryable: false, says: 'an encoded key is over 64 KiB' },
  E_RECORD_TOO_LARGE: { origin: 'input', retryable: false, says: 'a record is over a quarter of settings.memoryMb' },
  E_PARTITION: { origin: 'user', retryable: true, says: 'partition() gave no integer in [0, partitions)' },
  E_TOO_MANY_SKIPPED: { origin: 'input', retryable: false, says: 'more records are bad than onError.skip allows' },
  E_TOO_MANY_COUNTERS: { origin: 'user', retryable: false, says: 'the job counts under too many names' },
  // What is wrong with a submission or a request, before any task ran.
  E_USAGE: { origin: 'user', retryable: false, says: 'the request cannot be carried out as it was made' },
  E_BUSY: { origin: 'infrastructure', retryable: true, says: 'the coordinator has as much to do as it takes' },
  // The executor process.
  E_EXIT: { origin: 'user', retryable: true, says: 'the job ended its process (process.exit)' },
  E_CRASHED: { origin: 'infrastructure', retryable: true, says: 'the executor process was killed' },
  E_OUT_OF_MEMORY: { origin: 'user', retryable: true, says: 'the job used more heap than settings.heapMb' },
  E_NO_PROGRESS: { origin: 'user', retryable: true, says: 'no record was finished for settings.taskTimeoutMs' },
  E_NEVER_SETTLED: { origin: 'user', retryable: true, says: 'a promise of the job never settled and nothing was left to run' },
  // The job as a whole.
  E_PLAN_DIFFERS: { origin: 'user', retryable: false, says: 'plan() made another graph here than at submit' },
  E_NONDETERMINISTIC: { origin: 'user', retryable: false, says: 'a task that ran again gave other bytes' },
  E_INPUT_CHANGED: { origin: 'input', retryable: false, says: 'an input file changed while the job ran' },
  E_INPUT_UNREADABLE: { origin: 'input', retryable: true, says: 'an input file could not be read' },
  E_ANSWER_TOO_LARGE: { origin: 'user', retryable: false, says: 'an answer is larger than one may be: write it to a folder' },
  E_BROADCAST_TOO_LARGE: { origin: 'user', retryable: false, says: 'a broadcast is larger than one may be' },
  E_OUTPUT_EXISTS: { origin: 'output', retryable: false, says: 'the output folder exists' },
  E_OUTPUT_FAILED: { origin: 'output', retryable: true, says: 'an output file could not be written' },
  E_STORAGE_NOT_SHARED: { origin: 'output', retryable: false, says: 'a worker does not see the output folder of the coordinator' },
  E_COMMIT_FAILED: { origin: 'output', retryable: false, says: 'the output could not be published' },
  E_INTERNAL: { origin: 'infrastructure', retryable: true, says: 'an error inside Sheaf' },
  // Machines.
  E_WORKER_LOST: { origin: 'infrastructure', retryable: true, says: 'the worker of the attempt was lost' },
  E_MAP_OUTPUT_LOST: { origin: 'infrastructure', retryable: true, says: 'a map output could not be fetched' },
  E_CORRUPT: { origin: 'infrastructure', retryable: true, says: 'a run file failed its checksum' },
  E_DISK: { origin: 'infrastructure', retryable: true, says: 'the working directory could not be written' },
  E_EXECUTOR_START: { origin: 'infrastructure', retryable: true, says: 'an executor did not start' },
  E_DRAINED: { origin: 'infrastructure', retryable: true, says: 'the worker was told to stop' },
} as const;

export type FailureCode = keyof typeof failureCodes;

/** Which record a failure is about. Offsets are of unpacked bytes from the start of the file; the line is worked out on report. */
export interface RecordPlace {
  readonly file?: string;
  readonly offset?: number;
  readonly line?: number;
  /** The record itself, at most `limits.recordPreviewChars` characters. */
  readonly preview?: string;
  /** In a reduce: the key as JSON-like text, and how many values of it had been read. */
  readonly key?: string;
  readonly valueIndex?: number;
}

/** How far an attempt was when it last told, at most a second before its process ended without a word. */
export interface LastSeen {
  /** Finished ones. */
  readonly records: number;
  /** The record that it was at. */
  readonly place?: RecordPlace;
}

export interface Failure {
  readonly code: FailureCode;
  /** What happened, in words; for user errors the text of the thrown error with its class. */
  readonly message: string;
  readonly record?: RecordPlace;
  /** Where the record is not known: what is. */
  readonly lastSeen?: LastSeen;
  /** `file:line:column` frames of the user's sources, the innermost first, already mapped. */
  readonly stack?: string;
  /** E_MAP_OUTPUT_LOST and E_CORRUPT: whose output it was. */
  readonly lost?: { readonly stage: number; readonly task: number; readonly attempt: string };
  /** Filled in by the coordinator: the attempt (`attemptText`) and the worker it ran on. */
  readonly from?: { readonly attempt: string; readonly worker: string };
}

/** Thrown inside an executor or a shell to say which Failure this is; never crosses a process as an exception. */
export class FailureError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = 'FailureError';
    this.failure = failure;
  }
}

/** A mistake of the caller (arguments, files, parameters), found before any task ran: exit code 2. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UsageError';
  }
}
