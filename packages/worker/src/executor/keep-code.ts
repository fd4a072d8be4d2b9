// An executor is killed when its job ends, so it keeps compiled code for the executors to come while it lives: once it has run a task
// of a stage, most of what tasks like it need is compiled.

import type { StageId } from '@sheaf/protocol';

/** Of the launcher that a bundled executor starts with: keeps what is compiled until now, unless this process was given kept code itself. */
declare const sheafKeepCode: (() => void) | undefined;

const kept = new Set<StageId>();
const stagesMax = 3;
let isDone = false;

/** Called after a task. */
export function keepCodeOf(stage: StageId): void {
  if (isDone || kept.has(stage) || kept.size >= stagesMax) return;
  kept.add(stage);
  if (typeof sheafKeepCode === 'function') sheafKeepCode();
}

/** Keeps what is compiled now; nothing more is to come. */
export function keepCode(): void {
  isDone = true;
  if (typeof sheafKeepCode === 'function') sheafKeepCode();
}
