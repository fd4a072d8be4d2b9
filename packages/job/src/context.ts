// What every function of a job is handed beside its record.

/** The task a function runs in. `where` names the record that is being worked on; its line is worked out when an error is reported. */
export interface TaskContext<P, T = undefined> {
  /** The job's parameters, as their schema gave them. */
  readonly params: P;
  /** What `setup` returned. */
  readonly state: T;
  /** `attempt` is 1 for the first attempt of the task, 2 for the next. */
  readonly task: { readonly stage: string; readonly index: number; readonly attempt: number };
  /** `offset` counts bytes of the unpacked file. */
  readonly where: { readonly file: string; readonly offset: number; readonly record: number };
  readonly log: { info(message: string, fields?: object): void; warn(message: string, fields?: object): void };
  /** Where the file of that name, of the job's `files`, lies on this machine. It is shared by all tasks here: read it only. */
  file(name: string): string;
  /** Adds `by` (default 1) to a counter of the job; only committed attempts count. */
  count(name: string, by?: number): void;
}

/** What functions of ours that count records know besides: where bad records are skipped, a count may have to be taken back. */
export interface CountingContext extends TaskContext<unknown> {
  onTakeBack?(undo: () => void): void;
}
