// Every operator of a pipeline in one job: the same bytes, counters and answers inline, on one worker, on seven of different
// machines, and on three of which one after another is killed with -9 in the stages behind the shuffles.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Command } from './harness/command.ts';
import { digestsOf, filesBelow, partsOf } from './harness/outputs.ts';
import { jobFile, paramsOf, TestCluster, type TestWorker } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-pipelines-'));
const input = join(folder, 'in');

/** What a run of the job gave, whatever it ran on. */
interface Outcome {
  readonly parts: { readonly [name: string]: string };
  readonly counters: unknown;
  readonly answers: unknown;
}
let inline: Outcome;

function writeInput(): void {
  mkdirSync(input);
  for (let file = 0; file < 3; file++) {
    const rows = Array.from({ length: 1_500 }, (_, row) => {
      const id = file * 1_500 + row;
      // A third belongs to one user, some to users without a plan, and amounts are equal now and then.
      const user = id % 3 === 0 ? 1 : (id * 17) % 53;
      return `${id},${user},2025-03-${String(1 + ((id * 5) % 9)).padStart(2, '0')},${((id * 31) % 400) / 4}`;
    });
    writeFileSync(join(input, `sales-${file}.csv`), `id,user,day,amount\n${rows.join('\n')}\n`);
  }
  const users = Array.from({ length: 60 }, (_, i) => i).filter(user => user % 7 !== 0);
  writeFileSync(join(input, 'users.csv'), `user,plan\n${users.map(user => `${user},plan ${user % 4}\n`).join('')}`);
}

async function outcomeOf(command: Command, out: string): Promise<Outcome> {
  const { code, stderr } = await command.ended;
  if (code !== 0) throw new Error(`the job ended with ${code}:\n${stderr}`);
  const { counters, answers } = await command.status();
  const parts = [...partsOf(out)].filter(([name]) => !name.endsWith('/_SUCCESS'));
  return { parts: digestsOf(new Map(parts)), counters, answers };
}

beforeAll(async () => {
  writeInput();
  const out = join(folder, 'inline');
  await withCluster({ workers: [] }, async cluster => {
    const params = paramsOf({ in: input, out });
    inline = await outcomeOf(cluster.command('run', jobFile('every-operator'), ...params, '--inline', '--json'), out);
  });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('each output has been written', () => {
  const outputs = new Set(Object.keys(inline.parts).map(name => name.slice(0, name.indexOf('/'))));
  expect(outputs.size).toBe(26);
  expect(filesBelow(join(folder, 'inline')).filter(name => /^[^/]+\/_SUCCESS$/.test(name))).toHaveLength(26);
});

test('on one worker, then on seven', async () => {
  const cluster = await TestCluster.start({ workers: [{ machine: 'first' }] });
  const runOn = (out: string): Promise<Outcome> => outcomeOf(cluster.submitUngated('every-operator', { in: input, out }), out);
  const one = await runOn(join(folder, 'one'));
  await cluster.addWorkers(Array.from({ length: 6 }, (_, at) => ({ machine: `machine-${at}`, lz4: at % 3 === 0 })));
  const seven = await runOn(join(folder, 'seven'));
  expect(await cluster.stop()).toEqual([]);
  expect(one).toEqual(inline);
  expect(seven).toEqual(inline);
}, 60_000);

const gates = ['distinct', 'aggregated', 'sessions', 'joined', 'placed', 'sorted', 'ranks'];

interface Victim {
  readonly gate: string;
  readonly doomed: TestWorker;
}

/** A worker that is alive and stands at one of these gates. */
function nextVictim(cluster: TestCluster, gates: ReadonlySet<string>): Victim | undefined {
  for (const gate of gates) {
    const workers = cluster.gates.arrivals(`${gate}-`).map(({ worker }) => cluster.workerOf(worker));
    const doomed = workers.find(({ process }) => process.isRunning);
    if (doomed !== undefined) return { gate, doomed };
  }
  return undefined;
}

test(
  'on three workers, with a worker killed in one stage after another',
  () =>
    withCluster({ workers: [{ slots: 2 }, { slots: 2 }, { slots: 2 }] }, async cluster => {
      cluster.gates.close(...gates);
      const out = cluster.output('killed');
      const run = cluster.submit('every-operator', { in: input, out });
      // Which stage comes first to its gate is left to them: the slots are fewer than the tasks that will stand at gates.
      for (const waiting = new Set(gates); waiting.size > 0; ) {
        const { gate, doomed } = await cluster.until('a living task is at a closed gate', () => nextVictim(cluster, waiting));
        await doomed.process.kill();
        waiting.delete(gate);
        cluster.gates.open(gate);
        await cluster.addWorkers([{ slots: 2 }]);
      }
      expect(await outcomeOf(run, out)).toEqual(inline);
    }),
  90_000,
);
