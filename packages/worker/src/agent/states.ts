// The states of an attempt and of an executor, and every legal way from one to the next.
//
//   queued ──▶ localising ──▶ ready ──▶ running ──▶ succeeded ──▶ held
//     └───────────────────────▶┘          │    └──▶ failed       (outputs still needed by readers)
//    (no input from others)   ▲           ├──▶ stopping
//                             └───────────┘ (taken out of a line, or behind what ended its executor)
//   A localising attempt is queued again when an output it could not get has been replaced.
//   Every state but running leads to `gone`, where the agent forgets the attempt.

export type AttemptState =
  /** Its job is not prepared, locations are missing, or enough others are ahead of it. */
  | 'queued'
  /** Its input is being brought here; it takes no slot. */
  | 'localising'
  /** Waits for a slot and an executor. */
  | 'ready'
  /** In an executor, or in its line. */
  | 'running'
  /** Nobody wants its result; its executor is being killed, or has it in line, and then its files are deleted. */
  | 'stopping'
  /** The result is sent, and sent again after each reconnect, until it is accepted. */
  | 'succeeded'
  | 'failed'
  /** Accepted; its map outputs are served until they are released or the job closes. */
  | 'held'
  | 'gone';

export const attemptTransitions: { readonly [from in AttemptState]: readonly AttemptState[] } = {
  queued: ['localising', 'ready', 'failed', 'gone'],
  localising: ['ready', 'queued', 'failed', 'gone'],
  ready: ['running', 'failed', 'gone'],
  running: ['ready', 'succeeded', 'failed', 'stopping'],
  stopping: ['gone'],
  succeeded: ['held', 'gone'],
  failed: ['stopping', 'gone'],
  held: ['gone'],
  gone: [],
};

export type ExecutorState = 'starting' | 'idle' | 'running' | 'stopping' | 'gone';

export const executorTransitions: { readonly [from in ExecutorState]: readonly ExecutorState[] } = {
  starting: ['idle', 'stopping', 'gone'],
  idle: ['running', 'stopping', 'gone'],
  running: ['idle', 'stopping', 'gone'],
  stopping: ['gone'],
  gone: [],
};
