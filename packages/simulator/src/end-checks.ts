// What must be true when a simulated run is over: the output is that of a run without faults, every job ended as it may, and nothing
// is left behind.

import type { PartsOfOutput } from '@sheaf/coordinator/scheduler';
import type { JobStatus } from '@sheaf/protocol/messages';
import type { Cluster } from './cluster.ts';
import { expectedContents, type JobModel } from './job-model.ts';
import { must } from './must.ts';
import { expectedRefusal, lettersOf, readingTasks } from './skipped-records.ts';
import type { World } from './world.ts';

/** When everything is well again and time has passed. */
export function checkEnd({ world, coordinator, workers }: Cluster): void {
  const { state } = coordinator;
  if (!state) throw new Error('the coordinator is up at the end');
  for (const model of world.jobs.values()) {
    const status = state.ended.get(model.facts.id)?.status;
    must(status !== undefined, `${model.facts.id} ended`);
    checkOutcome(world, model, status);
  }
  must(state.jobs.size === 0 && state.attempts.size === 0 && state.delayed.length === 0, 'the scheduler has nothing left');
  for (const worker of state.workersById.values()) {
    must(worker.usedSlots === 0 && worker.outputs === 0, `${worker.id} has no slot in use and no output that anybody counts on`);
  }
  for (const node of workers) {
    if (node.agent === null) continue;
    must(
      node.agent.attempts.size === 0,
      `${node.id} has forgotten all attempts: ${[...node.agent.attempts.values()].map(attempt => `${attempt.id} ${attempt.state} (${attempt.story.join()})`)}`,
    );
    must(node.agent.jobs.size === 0, `${node.id} has closed all jobs`);
    must(node.disk.size === 0, `${node.id} has no output on disk`);
  }
}

function checkOutcome(world: World, model: JobModel, status: JobStatus): void {
  const { id } = model.facts;
  const { published, aborted } = world.store;
  must(published.has(id) === (status.state === 'succeeded'), `${id} is published exactly when it succeeded`);
  must(aborted.has(id) === (status.state !== 'succeeded'), `${id} has no staging when it did not`);
  if (status.state === 'succeeded') {
    must(model.failing === null && expectedRefusal(model) === null, `${id} cannot succeed`);
    checkContents(model, status, published.get(id) ?? []);
    return;
  }
  if (status.state === 'cancelled') {
    must(model.cancelled, `${id} was cancelled by somebody`);
    return;
  }
  const code = status.error?.code;
  const mayFail: { readonly [code: string]: boolean } = {
    E_USER_CODE: model.failing !== null,
    E_NONDETERMINISTIC: !model.deterministic,
    E_COMMIT_FAILED: model.publishFailed,
    // An executor that hangs twice on one task has shown the same failure twice.
    E_NO_PROGRESS: world.options.executorCrashChance > 0,
    E_TOO_MANY_SKIPPED: status.error?.message === expectedRefusal(model),
  };
  must(mayFail[code ?? ''] === true, `${id} may fail with ${code}: ${status.error?.message}`);
}

function checkContents(model: JobModel, status: JobStatus, outputs: readonly PartsOfOutput[]): void {
  const { id } = model.facts;
  const expected = expectedContents(model);
  must(
    status.counters.tasks === (expected.size === 0 ? undefined : expected.size),
    `${id} counts each task once: ${status.counters.tasks}`,
  );
  must(
    status.stages.every(stage => stage.done === stage.total && stage.running === 0),
    `${id} shows all tasks as done`,
  );
  const reading = readingTasks(model);
  const skipped = reading.reduce((sum, task) => sum + task.skipped, 0);
  must(
    model.graph.onError === null || status.skipped?.records === skipped,
    `${id} counts each skipped record once: ${status.skipped?.records}`,
  );
  if (!model.deterministic) return;
  const letters = reading.filter(task => task.skipped > 0).map(task => expected.get(task.key));
  for (const { output, parts } of outputs) {
    const contents =
      output === lettersOf(model.graph)
        ? letters
        : model.graph.stages.flatMap((stage, at) =>
            stage.outputs.includes(output) ? [...expected].filter(([key]) => key.startsWith(`${at}:`)).map(([, content]) => content) : [],
          );
    must(
      parts.map(part => part.token.split('/').at(-1)).join() === contents.join(),
      `${id} output ${output} is that of a run without faults`,
    );
  }
}
