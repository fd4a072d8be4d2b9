// Every ending a job can give its executor, in real processes: each has its own verdict, none reaches the worker.

import { fileURLToPath } from 'node:url';
import { attemptIdOf, epochOf, executorCertificates, type Failure, parseJobId } from '@sheaf/protocol';
import type { TaskAssignment } from '@sheaf/protocol/messages';
import { pino } from 'pino';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AttemptLogs } from '../../../packages/worker/src/host/attempt-logs.ts';
import { ExecutorPool } from '../../../packages/worker/src/host/executor-pool.ts';
import { EarlyExecutor } from '../../../packages/worker/src/host/executor-start.ts';
import { eventually } from './eventually.ts';
import { isAlive } from './processes.ts';
import { temporaryFolder } from './temporary.ts';

const job = parseJobId('jaaaaaaaaaaaa');
const executorPath = fileURLToPath(new URL('testdata/executor.mjs', import.meta.url));
let usesSetpriv = false;

beforeAll(async () => {
  usesSetpriv = await ExecutorPool.canUseSetpriv();
});

/** A pool that writes down what it is told, and runs attempts that do what their stage's name says. */
class Bench {
  readonly told: string[] = [];
  readonly failures: Failure[] = [];
  readonly logs: AttemptLogs;
  readonly pool: ExecutorPool;
  private readonly folder = temporaryFolder();
  private attempts = 0;

  constructor(early?: EarlyExecutor) {
    this.logs = new AttemptLogs(this.folder, { bytesPerAttemptMax: 2_000, bytesPerWorkerMax: 10_000 });
    this.pool = new ExecutorPool({
      ...{ executorPath, usesSetpriv, early, logger: pino({ level: 'silent' }) },
      eventsOf: executor => ({
        ready: () => this.told.push(`${executor} ready`),
        succeeded: attempt => this.told.push(`${executor} succeeded ${attempt}`),
        failed: (attempt, failure) => this.tell(`${executor} failed ${attempt} ${failure.code}`, failure),
        progressed: ({ attempt, records, bytes }) => this.told.push(`${executor} progressed ${attempt} ${records}/${bytes}`),
        withdrawn: (attempts, running) => this.told.push(`${executor} withdrawn ${attempts.join()} ${running}`),
        exited: (failure, attempt) => this.tell(`${executor} exited ${failure.code} in ${attempt}`, failure),
      }),
    });
    onTestFinished(() => this.pool.close());
  }

  async start(executor = 1): Promise<void> {
    this.pool.start(executor, 64);
    await this.hears(`${executor} ready`);
  }

  run(behaviour: string, executor = 1, bundlePath = '/bundle.mjs'): string {
    this.attempts++;
    const attempt = attemptIdOf(epochOf(1), this.attempts);
    const name = { job, stage: 0, task: 0, attempt, number: 1, generation: 0 };
    const assignment: TaskAssignment = { ...name, split: null, partitions: {}, reads: {}, producers: {}, counts: {}, staging: {} };
    const graph = JSON.stringify({ stages: [{ name: behaviour }] });
    const executorJob = { job, name: 'test', bundlePath, graph, graphHash: '', params: new Uint8Array(), spools: {} };
    this.pool.run(executor, { job: executorJob, task: { assignment, sources: {}, directory: this.folder } }, this.logs.open(assignment));
    return attempt;
  }

  hears(text: string): Promise<string> {
    return eventually(`${text}, after ${this.told.join('; ')}`, () => this.told.find(told => told.startsWith(text)));
  }

  private tell(text: string, failure: Failure): void {
    this.told.push(text);
    this.failures.push(failure);
  }
}

describe('an executor', () => {
  it('runs one attempt after the other', async () => {
    const bench = new Bench();
    await bench.start();
    const first = bench.run('print');
    await bench.hears(`1 succeeded ${first}`);
    const second = bench.run('print');
    await bench.hears(`1 succeeded ${second}`);
    await eventually('what the second printed', () => bench.logs.read(attemptIdOf(epochOf(1), 2), 1000) === `printed ${second}\n`);
    expect(bench.logs.read(attemptIdOf(epochOf(1), 1), 1000)).toBe(`printed ${first}\n`);
  });

  it('prints as the attempt that it names, though many others have been answered since', async () => {
    const bench = new Bench();
    await bench.start();
    const attempts = Array.from({ length: 200 }, () => bench.run('late 200'));
    await bench.hears(`1 succeeded ${attempts.at(-1)}`);
    await eventually('what the second printed', () => bench.logs.read(attemptIdOf(epochOf(1), 2), 1000) === 'late\n');
  });

  it('gives back what it has not begun, and says what it was in when it ended', async () => {
    const bench = new Bench();
    await bench.start();
    const [first, second, third] = [bench.run('progress'), bench.run('progress'), bench.run('progress')];
    await bench.hears(`1 progressed ${first}`);
    bench.pool.withdraw(1);
    expect(bench.told.at(-1)).toBe(`1 withdrawn ${second},${third} ${first}`);
    bench.pool.kill(1);
    await bench.hears(`1 exited E_CRASHED in ${first}`);
  });

  it('reports a failure within the limits', async () => {
    const bench = new Bench();
    await bench.start();
    await bench.hears(`1 failed ${bench.run('rant')} E_USER_CODE`);
    expect(bench.failures[0]?.message.length).toBe(4000);
    expect(bench.failures[0]?.stack?.length).toBe(8000);
  });

  it.each([
    ['throw', 'E_USER_CODE', 'Error: no good'],
    ['nonsense', 'E_INTERNAL', 'malformed failure'],
    ['malformed', 'E_INTERNAL', 'malformed result'],
  ])('that says %s fails its attempt with %s', async (behaviour, code, words) => {
    const bench = new Bench();
    await bench.start();
    await bench.hears(`1 failed ${bench.run(behaviour)} ${code}`);
    expect(bench.failures[0]?.message).toContain(words);
  });

  it.each([
    ['exit 0', 'E_EXIT', 'exit code 0'],
    ['exit 7', 'E_EXIT', 'exit code 7'],
    ['kill SIGSEGV', 'E_CRASHED', 'killed by SIGSEGV'],
    ['kill SIGKILL', 'E_CRASHED', 'killed by SIGKILL'],
    ['exit 134', 'E_OUT_OF_MEMORY', 'settings.heapMb is 64'],
    ['heap', 'E_OUT_OF_MEMORY', 'settings.heapMb is 64'],
    ['disconnect', 'E_EXIT', 'closed the channel'],
  ])('that does %s ends with %s', async (behaviour, code, words) => {
    const bench = new Bench();
    await bench.start();
    bench.run(behaviour);
    await bench.hears(`1 exited ${code}`);
    expect(bench.failures[0]?.message).toContain(words);
  });

  it('is killed while it spins, and says how far it was', async () => {
    const bench = new Bench();
    await bench.start();
    const attempt = bench.run('progress');
    await bench.hears(`1 progressed ${attempt} 5/50`);
    bench.pool.kill(1);
    await bench.hears('1 exited E_CRASHED');
    expect(bench.told.filter(told => told.includes('progressed'))).toEqual([
      `1 progressed ${attempt} 3/30`,
      `1 progressed ${attempt} 5/50`,
    ]);
  });

  it('is killed by force when it does not go', async () => {
    const bench = new Bench();
    await bench.start();
    const attempt = attemptIdOf(epochOf(1), 1);
    bench.run('stubborn');
    await eventually('its word', () => bench.logs.read(attempt, 1000).includes('stubborn'));
    bench.pool.kill(1);
    await eventually('its refusal', () => bench.logs.read(attempt, 1000).includes('will not go'));
    await bench.hears('1 exited E_CRASHED');
    expect(bench.failures[0]?.message).toContain('SIGKILL');
  });

  it('takes what it started with it', async () => {
    const bench = new Bench();
    await bench.start();
    bench.run('grandchild');
    const pid = await eventually('the grandchild', () => /grandchild (\d+)\n/.exec(bench.logs.read(attemptIdOf(epochOf(1), 1), 1000))?.[1]);
    expect(isAlive(Number(pid))).toBe(true);
    bench.pool.kill(1);
    await bench.hears('1 exited');
    await eventually('the end of the grandchild', () => !isAlive(Number(pid)));
  });

  it('may talk nonsense over its channels', async () => {
    const bench = new Bench();
    await bench.start();
    await bench.hears(`1 succeeded ${bench.run('garbage')}`);
  });

  it('that cannot open its job fails the attempt', async () => {
    const bench = new Bench();
    await bench.start();
    await bench.hears(`1 failed ${bench.run('succeed', 1, '/bad.mjs')} E_PLAN_DIFFERS`);
  });

  it('may print without end, and the first and last of it are kept', async () => {
    const bench = new Bench();
    await bench.start();
    const attempt = bench.run('flood 20000');
    await bench.hears(`1 succeeded ${attempt}`);
    const id = attemptIdOf(epochOf(1), 1);
    await eventually('the last line', () => bench.logs.read(id, 10_000).endsWith('line 19999\n'));
    const text = bench.logs.read(id, 10_000);
    expect(text.startsWith('line 0\nline 1\n')).toBe(true);
    expect(text).toContain('bytes are left out here');
    expect(text.length).toBeLessThan(2_100);
  });

  it('does not see what is secret', async () => {
    process.env.SHEAF_TOKEN = 'a secret';
    process.env.TEST_OTHER = 'seen';
    onTestFinished(() => {
      delete process.env.SHEAF_TOKEN;
      delete process.env.TEST_OTHER;
    });
    const bench = new Bench();
    await bench.start(1);
    await bench.start(2);
    await bench.hears(`1 succeeded ${bench.run('environment SHEAF_TOKEN', 1)}`);
    await bench.hears(`2 succeeded ${bench.run('environment TEST_OTHER', 2)}`);
    await eventually('the lines', () => bench.logs.read(attemptIdOf(epochOf(1), 2), 100) === 'TEST_OTHER=seen\n');
    expect(bench.logs.read(attemptIdOf(epochOf(1), 1), 100)).toBe('SHEAF_TOKEN=undefined\n');
  });

  it('has the certificates that its worker does without', async () => {
    process.env[executorCertificates] = '/nowhere/ca.pem';
    onTestFinished(() => {
      delete process.env[executorCertificates];
    });
    const bench = new Bench();
    await bench.start(1);
    await bench.hears(`1 succeeded ${bench.run('environment NODE_EXTRA_CA_CERTS', 1)}`);
    await eventually('the line', () => bench.logs.read(attemptIdOf(epochOf(1), 1), 100).endsWith('NODE_EXTRA_CA_CERTS=/nowhere/ca.pem\n'));
  });
});

describe('an executor that was started before its pool', () => {
  it('is the first one of its heap, and what it said is heard', async () => {
    const early = new EarlyExecutor({ executorPath, heapMb: 64 });
    expect(early.take(128)).toBe(null);
    const bench = new Bench(early);
    await bench.start(1);
    expect(early.take(64)).toBe(null);
    await bench.hears(`1 succeeded ${bench.run('environment TEST_OTHER', 1)}`);
    await bench.start(2);
    await bench.hears(`2 succeeded ${bench.run('environment TEST_OTHER', 2)}`);
  });

  it('is not taken when it has ended', async () => {
    process.env.EXECUTOR_TEST = 'dies';
    onTestFinished(() => {
      delete process.env.EXECUTOR_TEST;
    });
    const early = new EarlyExecutor({ executorPath, heapMb: 64 });
    await eventually('its end', () => early.hasEnded);
    delete process.env.EXECUTOR_TEST;
    const bench = new Bench(early);
    await bench.start(1);
    await bench.hears(`1 succeeded ${bench.run('environment TEST_OTHER', 1)}`);
  });
});

describe('an executor that does not start', () => {
  it('is said to, with its last words', async () => {
    process.env.EXECUTOR_TEST = 'dies';
    onTestFinished(() => {
      delete process.env.EXECUTOR_TEST;
    });
    const bench = new Bench();
    bench.pool.start(1, 64);
    await bench.hears('1 exited E_EXECUTOR_START');
    expect(bench.failures[0]?.message).toContain('exit code 3');
  });

  it('because there is no such program', async () => {
    const bench = new Bench();
    const { execPath } = process;
    onTestFinished(() => {
      process.execPath = execPath;
    });
    process.execPath = '/does/not/exist';
    bench.pool.start(1, 64);
    await bench.hears('1 exited E_EXECUTOR_START');
  });
});
