// What goes wrong, and when: each kind of fault comes at random times of its own until everything is made well.

import type { Cluster } from './cluster.ts';
import { Random } from './random.ts';
import type { WorkerNode } from './worker-node.ts';
import type { World } from './world.ts';

/** Plans the faults of the options, and the moment after which there are none. */
export function planFaults(cluster: Cluster): void {
  const { world, coordinator, workers } = cluster;
  const { options } = world;
  repeat(world, 'worker crashes', options.workerCrashMs, random => crashWorker(world, random.pick(workers), random.delayMs(1_000)));
  repeat(world, 'freezes', options.workerFreezeMs, random => random.pick(workers).freeze(random.pick([500, 3_000, 15_000])));
  repeat(world, 'cuts', options.cutMs, random => random.pick(workers).cut());
  repeat(world, 'coordinator crashes', options.coordinatorCrashMs, random => crashCoordinator(cluster, random.delayMs(700)));
  repeat(world, 'stalls', options.coordinatorStallMs, random => coordinator.stall(random.pick([300, 4_000, 15_000])));
  repeat(world, 'drains', options.drainMs, random => drain(cluster, random.pick(workers)));
  repeat(world, 'cancels', options.cancelMs, random => cancel(cluster, random));
  repeat(world, 'snapshots', options.snapshotMs, () => coordinator.snapshot());
  world.timeline.at(options.faultsUntilMs, () => heal(cluster));
}

function repeat(world: World, kind: string, meanMs: number | null, happen: (random: Random) => void): void {
  if (meanMs === null) return;
  const random = new Random(`${world.seed}/${kind}`);
  const again = (): void => {
    world.timeline.after(random.delayMs(meanMs), () => {
      if (world.healed) return;
      happen(random);
      again();
    });
  };
  again();
}

function crashWorker(world: World, worker: WorkerNode, downMs: number): void {
  if (worker.agent === null) return;
  worker.crash();
  world.timeline.after(downMs, () => {
    if (worker.agent === null && !world.healed) worker.start();
  });
}

function crashCoordinator({ world, coordinator }: Cluster, downMs: number): void {
  if (coordinator.state === null) return;
  coordinator.crash();
  world.timeline.after(downMs, () => {
    if (coordinator.state === null && !world.healed) coordinator.start();
  });
}

/** A drained worker ends, and somebody starts it again. */
function drain({ world, coordinator }: Cluster, worker: WorkerNode): void {
  if (world.random('drain').chance(0.5)) worker.drain();
  else coordinator.submit({ type: 'drain-requested', worker: worker.id });
}

function cancel({ world, coordinator }: Cluster, random: Random): void {
  const model = random.pick([...world.jobs.values()]);
  if (model.submitAt > world.now) return;
  model.cancelled = true;
  coordinator.submit({ type: 'cancel-requested', job: model.facts.id, request: 1, reason: 'somebody asked' });
}

/** From now on nothing fails. What is dead starts again, but for some workers, as long as one is there. */
function heal({ world, coordinator, workers }: Cluster): void {
  world.healed = true;
  world.log('world', 'is well');
  if (coordinator.state === null) coordinator.start();
  const [first, ...others] = workers;
  if (first?.agent === null) first.start();
  for (const worker of others) if (worker.agent === null && world.random('heal').chance(0.7)) worker.start();
}
