// How a program wants its job run.

/** What is needed of an AbortSignal. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface RunOptions {
  /** In this process, one task after another, with the functions as they are here: breakpoints work. Default: false. */
  readonly inline?: boolean;
  /** Worker processes of the cluster that is started for the job on this machine, which share its cores. Default 1. */
  readonly workers?: number;
  /** `ws://HOST:PORT` of a coordinator that is there already; its token is read from SHEAF_TOKEN_FILE. */
  readonly coordinator?: string;
  /** Replaces an existing output, once the new one is complete. Default: false. */
  readonly overwrite?: boolean;
  /** Cancels the job; `run` then rejects with an AbortError, when nothing of the job is left. */
  readonly signal?: AbortSignalLike;
}
