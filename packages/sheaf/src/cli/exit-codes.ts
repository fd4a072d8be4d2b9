// How the command ends, for scripts: the code says who has to act.

/** Part of the contract with users; never renumbered. */
export const exitCodes = {
  succeeded: 0,
  /** The job failed, or `output verify` found a damaged part. */
  failed: 1,
  /** Arguments, files or parameters are wrong; nothing ran. */
  usage: 2,
  /** The job completed without some of its records, as its `onError` allows. */
  skipped: 3,
  /** The coordinator cannot be reached: the state of the job is unknown. */
  lostContact: 4,
  /** Cancelled, by Ctrl-C or `sheaf cancel`. */
  cancelled: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
