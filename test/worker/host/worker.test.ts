// A whole worker with real executors against a coordinator written by hand: the ways of a job through it, what it does when
// the connection goes, and that nothing is left when it ends.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '@sheaf/protocol';
import { type RunningWorker, startWorker, type WorkerOptions } from '@sheaf/worker';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { job, openingOf, TestCoordinator } from './coordinator.ts';
import { commandOf, descendantsOf } from './processes.ts';
import { writeRun } from './run-files.ts';
import { temporaryFolder } from './temporary.ts';

const executorPath = fileURLToPath(new URL('testdata/executor.mjs', import.meta.url));
const hash = '0'.repeat(32);

async function start(
  coordinator: TestCoordinator,
  options: Partial<WorkerOptions> = {},
): Promise<RunningWorker & { readonly folder: string }> {
  const folder = options.directory ?? temporaryFolder();
  const logger = pino({ level: 'silent' });
  const worker = await startWorker({ coordinatorUrl: coordinator.url, slots: 1, directory: folder, executorPath, logger, ...options });
  onTestFinished(() => {
    coordinator.acceptAll();
    return worker.close();
  });
  return { ...worker, folder };
}

/** A file that a map attempt can hand over as its output: the `counter`-th attempt's, as the test coordinator counts. */
function mapStage(counter: number): string {
  const path = join(temporaryFolder(), 'edge-0.run');
  writeRun(path, { job, stage: 0, task: counter, attempt: `1.${counter}`, edge: 0 });
  return `map ${path} ${hash}`;
}

describe('a worker', () => {
  it('takes a job from its opening to its end', async () => {
    // Tests of other files in this process have theirs, as a bundler's service.
    const others = descendantsOf(process.pid);
    const coordinator = await TestCoordinator.start();
    const worker = await start(coordinator, { version: '9.9.9', labels: ['big'] });
    const hello = await coordinator.takes('hello');
    expect(hello).toMatchObject({ worker: worker.id, address: worker.address, slots: 1, labels: ['big'], version: '9.9.9', held: [] });

    coordinator.send({ type: 'open-job', job: openingOf([mapStage(1), 'reduce']) });
    const map = coordinator.assign(0, 1);
    expect((await coordinator.takes('job-opened')).failure).toBe(null);
    const mapped = await coordinator.takes('succeeded');
    expect(mapped).toMatchObject({ job, stage: 0, task: 1, attempt: map });
    coordinator.send({ type: 'accepted', attempt: map });

    coordinator.send({ type: 'locations', job, edge: 0, entries: [coordinator.locate(mapped, hello, 0)] });
    const reduce = coordinator.assign(1, 2, 1);
    // The location says task 0, the run's header task 1: it is another's output.
    expect((await coordinator.takes('failed')).failure).toMatchObject({
      code: 'E_MAP_OUTPUT_LOST',
      lost: { stage: 0, task: 0, attempt: map },
    });
    coordinator.send({ type: 'accepted', attempt: reduce });

    coordinator.send({ type: 'close-job', job });
    await expect.poll(() => readdirSync(join(worker.folder, 'outputs'))).toEqual([]);
    await expect.poll(() => readdirSync(join(worker.folder, 'jobs'))).toEqual([]);
    await worker.close();
    expect((await worker.ended).reason).toBe('closed');
    expect(readdirSync(worker.folder)).toEqual(['worker.json']);
    const left = descendantsOf(process.pid).filter(pid => !others.includes(pid));
    expect(left.map(commandOf)).toEqual([]);
  });

  it('reads outputs of its own machine in place and fetches those of another', async () => {
    const coordinators = [await TestCoordinator.start(), await TestCoordinator.start()] as const;
    const machines = ['this', 'that'];
    const opening = openingOf([mapStage(0), 'reduce']);
    for (const [i, coordinator] of coordinators.entries()) await start(coordinator, { machine: machines[i] ?? '' });
    const [here, there] = coordinators;
    const [hello] = await Promise.all([here.takes('hello'), there.takes('hello')]);
    for (const coordinator of coordinators) coordinator.send({ type: 'open-job', job: opening });
    here.assign(0, 0);
    const entries = [here.locate(await here.takes('succeeded'), hello, 0)];
    for (const coordinator of coordinators) {
      await coordinator.takes('job-opened');
      coordinator.send({ type: 'locations', job, edge: 0, entries });
      const reduce = coordinator.assign(1, 2, 1);
      await coordinator.takes('succeeded');
      coordinator.send({ type: 'read-log', request: 5, attempt: reduce, bytesMax: 1_000 });
      expect(await coordinator.takes('log-lines')).toMatchObject({
        request: 5,
        text: `edge 0 task 0 attempt 1.0: ${entries[0]?.bytes} bytes\n`,
      });
    }
    there.send({ type: 'close-job', job });
  });

  it('stops what is cancelled while it spins, and runs the next', async () => {
    const coordinator = await TestCoordinator.start();
    await start(coordinator);
    await coordinator.takes('hello');
    coordinator.send({ type: 'open-job', job: openingOf(['progress', 'succeed']) });
    const spinning = coordinator.assign(0, 1);
    const { attempts } = await coordinator.takes('progress');
    expect(attempts).toEqual([{ attempt: spinning, records: 5, bytes: 50 }]);
    coordinator.assign(1, 2);
    coordinator.send({ type: 'cancel-attempt', attempt: spinning, reason: 'test' });
    expect((await coordinator.takes('succeeded')).attempt).toBe('1.2');
  });

  it('gives up what finishes no record', async () => {
    const coordinator = await TestCoordinator.start();
    await start(coordinator);
    await coordinator.takes('hello');
    coordinator.send({ type: 'open-job', job: openingOf(['spin'], { taskTimeoutMs: 300 }) });
    coordinator.assign(0, 1);
    expect((await coordinator.takes('failed')).failure.code).toBe('E_NO_PROGRESS');
  });

  it.each([
    ['exit 0', 'E_EXIT'],
    ['kill SIGSEGV', 'E_CRASHED'],
    ['throw', 'E_USER_CODE'],
  ])('outlives a job that does %s, and runs its next task', async (behaviour, code) => {
    const coordinator = await TestCoordinator.start();
    await start(coordinator);
    await coordinator.takes('hello');
    coordinator.send({ type: 'open-job', job: openingOf([behaviour, 'succeed']) });
    const attempt = coordinator.assign(0, 1);
    expect((await coordinator.takes('failed')).failure.code).toBe(code);
    coordinator.send({ type: 'accepted', attempt });
    coordinator.assign(1, 2);
    expect((await coordinator.takes('succeeded')).attempt).toBe('1.2');
  });

  it('comes back after a cut and says again what was not accepted', async () => {
    const coordinator = await TestCoordinator.start();
    await start(coordinator);
    await coordinator.takes('hello');
    coordinator.send({ type: 'open-job', job: openingOf(['succeed']) });
    const attempt = coordinator.assign(0, 1);
    await coordinator.takes('succeeded');
    coordinator.cut();
    expect((await coordinator.takes('hello')).running).toEqual([{ job, stage: 0, task: 1, attempt, number: 1, generation: 0 }]);
    expect((await coordinator.takes('succeeded')).attempt).toBe(attempt);
    coordinator.send({ type: 'accepted', attempt });
    coordinator.cut();
    expect((await coordinator.takes('hello')).running).toEqual([]);
  });

  it('offers in a new life what it finished in an old one', async () => {
    const coordinator = await TestCoordinator.start();
    const before = await start(coordinator);
    await coordinator.takes('hello');
    coordinator.send({ type: 'open-job', job: openingOf([mapStage(1)]) });
    const attempt = coordinator.assign(0, 1);
    await coordinator.takes('succeeded');
    coordinator.send({ type: 'accepted', attempt });
    coordinator.cut();
    expect((await coordinator.takes('hello')).held.length).toBe(1);
    await before.close();

    const after = await start(coordinator, { directory: before.folder });
    expect(after.id).toBe(before.id);
    const hello = await coordinator.takes('hello');
    expect(hello.held).toEqual([{ job, stage: 0, task: 1, attempt, hashes: { 0: hash } }]);
    const served = await fetch(`http://${hello.address}/outputs/${job}/0/1/${attempt}`);
    expect(served.status).toBe(200);
    await served.arrayBuffer();
    coordinator.send({ type: 'close-job', job });
    await expect.poll(() => existsSync(join(before.folder, 'outputs', job))).toBe(false);
  });

  it('hands back what runs when it is drained, and ends', async () => {
    const coordinator = await TestCoordinator.start();
    const worker = await start(coordinator);
    await coordinator.takes('hello');
    coordinator.send({ type: 'open-job', job: openingOf(['spin']) });
    const attempt = coordinator.assign(0, 1);
    await expect.poll(() => existsSync(join(worker.folder, 'outputs', job, attempt))).toBe(true);
    coordinator.send({ type: 'drain' });
    await coordinator.takes('draining');
    expect((await coordinator.takes('failed')).failure.code).toBe('E_DRAINED');
    coordinator.send({ type: 'accepted', attempt });
    expect((await worker.ended).reason).toBe('drained');
    expect(readdirSync(worker.folder)).toEqual(['worker.json']);
  });

  it('ends in time when nobody accepts its results', async () => {
    const coordinator = await TestCoordinator.start();
    const worker = await start(coordinator);
    await coordinator.takes('hello');
    coordinator.send({ type: 'open-job', job: openingOf(['spin']) });
    coordinator.assign(0, 1);
    await coordinator.takes('job-opened');
    const begun = performance.now();
    await worker.close();
    expect(performance.now() - begun).toBeLessThan(8_000);
  });

  it('ends when it is refused', async () => {
    const coordinator = await TestCoordinator.start();
    coordinator.answer = () => ({ type: 'refused', code: 'E_VERSION', message: 'too old', retry: false });
    const worker = await start(coordinator);
    expect(await worker.ended).toEqual({ reason: 'refused', message: 'too old' });
  });

  it('does not start on the directory of another, nor with options that cannot be', async () => {
    const coordinator = await TestCoordinator.start();
    const worker = await start(coordinator);
    await expect(start(coordinator, { directory: worker.folder })).rejects.toThrow(UsageError);
    await expect(start(coordinator, { coordinatorUrl: 'http://host:1' })).rejects.toThrow('ws://HOST:PORT');
    await expect(start(coordinator, { slots: 0 })).rejects.toThrow('slots');
    await expect(start(coordinator, { host: '0.0.0.0' })).rejects.toThrow('without a token');
  });

  it('fails tasks whose executors do not start, and goes on trying', async () => {
    const coordinator = await TestCoordinator.start();
    await start(coordinator, { executorPath: '/does/not/exist.mjs' });
    await coordinator.takes('hello');
    coordinator.send({ type: 'open-job', job: openingOf(['succeed']) });
    for (const counter of [1, 2]) {
      const attempt = coordinator.assign(0, counter);
      expect((await coordinator.takes('failed')).failure.code).toBe('E_EXECUTOR_START');
      coordinator.send({ type: 'accepted', attempt });
    }
  });
});
