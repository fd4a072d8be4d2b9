// What tasks have been through: only those that failed, were lost or ran again have an entry, so that most tasks cost nothing.

import type { StageRun, Trouble } from './state.ts';

export function noTrouble(): Trouble {
  return { own: 0, lost: 0, attempts: 0, worker: -1, signature: null, crashes: null, failed: [] };
}

/** The task's entry, made now if there is none; its attempts so far are at least `attempts`. */
export function troubleOf({ stage, task }: { readonly stage: StageRun; readonly task: number }, attempts: number): Trouble {
  let trouble = stage.troubles.get(task);
  if (trouble === undefined) {
    trouble = noTrouble();
    stage.troubles.set(task, trouble);
  }
  trouble.attempts = Math.max(trouble.attempts, attempts);
  return trouble;
}

/** The task is done: what it was charged with is forgotten, but not how often it ran. */
export function forgive(stage: StageRun, task: number): void {
  const trouble = stage.troubles.get(task);
  if (trouble !== undefined) stage.troubles.set(task, { ...noTrouble(), attempts: trouble.attempts, failed: trouble.failed });
}
