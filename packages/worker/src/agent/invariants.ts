// What holds between any two events. Tests and the simulator check it after each step; a shell may, too.
// Each line re-derives a fact that the handlers keep true by other means.

import { limits } from '@sheaf/protocol';
import type { AgentState, Attempt } from './state.ts';

/** Throws with what does not hold. */
export function checkInvariants(state: AgentState): void {
  const { attempts, executors, jobs, config } = state;
  const hold = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`the agent is wrong about itself: ${what}`);
  };
  for (const attempt of attempts.values()) checkAttempt(state, attempt, hold);
  hold(state.pending.size + state.unreported.size <= attempts.size, 'an index names an attempt that is forgotten');
  for (const attempt of [...state.pending, ...state.unreported]) {
    hold(attempts.get(attempt.id) === attempt, `attempt ${attempt.id} is indexed and forgotten`);
  }
  let running = 0;
  for (const executor of executors.values()) {
    if (executor.state !== 'running') continue;
    running++;
    const { line, current } = executor;
    hold(current?.state === 'running' && line.includes(current), `executor ${executor.id} runs nothing`);
    hold(line.length <= 1 + limits.linedUpMax, `executor ${executor.id} has a line of ${line.length}`);
    for (const attempt of line) {
      hold(attempts.get(attempt.id) === attempt && attempt.executor === executor.id, `${attempt.id} is in line and elsewhere too`);
      hold(attempt.state === 'running' || attempt.state === 'stopping', `attempt ${attempt.id} is ${attempt.state} and in line`);
      hold(executor.job === attempt.job, `executor ${executor.id} runs a task of another job than it has loaded`);
    }
  }
  hold(running <= config.slots, `${running} executors run in ${config.slots} slots`);
  hold(executors.size <= config.slots * limits.executorsPerSlotMax, `there are ${executors.size} executors`);
  for (const job of jobs.values()) {
    hold((job.settings !== null) === (job.state === 'open'), `job ${job.id} is ${job.state} and its settings do not fit`);
    if (job.state !== 'closing') continue;
    const alive = [...executors.values()].filter(executor => executor.job === job.id);
    hold(alive.length > 0, `job ${job.id} is closing and nothing is waited for`);
    hold(
      alive.every(executor => executor.state === 'stopping'),
      `job ${job.id} is closing and has an executor`,
    );
  }
}

function checkAttempt(state: AgentState, attempt: Attempt, hold: (holds: boolean, what: string) => void): void {
  const { id } = attempt;
  const isPending = ['queued', 'localising', 'ready', 'running', 'stopping'].includes(attempt.state);
  const isUnreported = attempt.state === 'succeeded' || attempt.state === 'failed';
  hold(state.pending.has(attempt) === isPending, `attempt ${id} is ${attempt.state} and the index of pending ones is wrong`);
  hold(state.unreported.has(attempt) === isUnreported, `attempt ${id} is ${attempt.state} and the index of unreported ones is wrong`);
  const executor = attempt.executor === null ? undefined : state.executors.get(attempt.executor);
  hold(attempt.executor === null || executor !== undefined, `attempt ${id} waits for an executor that is gone`);
  if (attempt.state === 'running') hold(executor?.line.includes(attempt) === true, `attempt ${id} runs without an executor`);
  else if (attempt.executor !== null && attempt.state !== 'stopping')
    hold(executor?.state === 'stopping', `attempt ${id} is ${attempt.state} in a living executor`);
  if (attempt.state === 'stopping') hold(attempt.executor !== null, `attempt ${id} stops and nothing is waited for`);
  if (['localising', 'ready', 'running'].includes(attempt.state)) {
    hold(state.jobs.get(attempt.job)?.state === 'open', `attempt ${id} is ${attempt.state} and its job is not open`);
  }
  if (attempt.state === 'held') hold(Object.keys(attempt.hashes).length > 0, `attempt ${id} is held without outputs`);
}
