// The same job gives the same bytes and counters inline, on one worker, and on seven workers of different machines, with several
// slots and several jobs at once: functions and bytes, joins, total order, and maps that spill again and again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyOutput } from '@sheaf/storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleData, exampleResults, writeExampleData } from '../graph/example-data.ts';
import { exampleNames } from '../graph/examples.ts';
import type { Command } from './harness/command.ts';
import { digestsOf, partsOf } from './harness/outputs.ts';
import { jobFile, paramsOf, TestCluster } from './harness/test-cluster.ts';
import { writeWords } from './harness/word-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-bytes-'));
const input = writeWords(join(folder, 'words'));
const data = exampleData(4);
const results = exampleResults(data);
writeExampleData(join(folder, 'data'), data);
const outputs = join(folder, 'out');

interface Run {
  readonly name: string;
  readonly job: string;
  readonly params: { readonly [name: string]: string };
}

const runs: readonly Run[] = [
  { name: 'gated-count', job: 'gated-count', params: { in: input } },
  { name: 'many-spills', job: 'many-spills', params: { in: input } },
  { name: 'words-by-letter', job: 'words-by-letter', params: { in: input } },
  ...exampleNames.map((example, at) => {
    return { name: example, job: 'example', params: { example, data: join(folder, 'data'), memoryMb: at % 2 === 0 ? '16' : '64' } };
  }),
];
const places = ['inline', 'one', 'seven'] as const;
type Place = (typeof places)[number];

interface Outcome {
  readonly folder: string;
  readonly parts: { readonly [name: string]: string };
  readonly counters: { readonly [name: string]: number };
}
const outcomes = new Map<string, Outcome>();
let left: string[] = [];

/** The folder that a run writes: an example makes one of its own name below what it is given. */
function outputOf({ name, job }: Run, place: Place): { readonly given: string; readonly written: string } {
  const given = join(outputs, place, name);
  return { given, written: job === 'example' ? join(given, name) : given };
}

function outcomeFor(name: string, place: Place): Outcome {
  const outcome = outcomes.get(`${name} ${place}`);
  if (outcome === undefined) throw new Error(`${name} did not run ${place}`);
  return outcome;
}

async function outcomeOf(command: Command, run: Run, place: Place): Promise<void> {
  const { code, stderr } = await command.ended;
  if (code !== 0) throw new Error(`${run.name} ended with ${code}:\n${stderr}`);
  const { written } = outputOf(run, place);
  const { counters } = await command.status();
  outcomes.set(`${run.name} ${place}`, { folder: written, parts: digestsOf(partsOf(written)), counters });
}

async function runAll(cluster: TestCluster, place: Exclude<Place, 'inline'>): Promise<void> {
  await Promise.all(
    runs.map(run => outcomeOf(cluster.submitUngated(run.job, { ...run.params, out: outputOf(run, place).given }), run, place)),
  );
}

async function runInline(cluster: TestCluster): Promise<void> {
  for (const run of runs) {
    const params = paramsOf({ ...run.params, out: outputOf(run, 'inline').given });
    await outcomeOf(cluster.command('run', jobFile(run.job), ...params, '--inline', '--json'), run, 'inline');
  }
}

beforeAll(async () => {
  const cluster = await TestCluster.start({ workers: [{ machine: 'first' }] });
  await Promise.all([runInline(cluster), runAll(cluster, 'one')]);
  await cluster.addWorkers(Array.from({ length: 6 }, (_, at) => ({ machine: `machine-${at}`, slots: (at % 2) + 1, lz4: at % 3 === 0 })));
  await runAll(cluster, 'seven');

  left = await cluster.stop();
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(runs.map(run => run.name))('%s', name => {
  test.each(['one', 'seven'] as const)('on %s', place => {
    const { parts, counters } = outcomeFor(name, place);
    expect({ parts, counters }).toEqual({ parts: outcomeFor(name, 'inline').parts, counters: outcomeFor(name, 'inline').counters });
  });
});

test.each(exampleNames)('%s writes what was worked out without the engine', name => {
  const { lines, ordered, header } = results[name];
  const written = [...partsOf(outcomeFor(name, 'seven').folder).values()].flatMap(part => {
    const ofPart = part.toString().split('\n').slice(0, -1);
    return header !== null && ofPart[0] === header ? ofPart.slice(1) : ofPart;
  });
  expect(ordered ? written : written.sort()).toEqual(ordered ? lines : [...lines].sort());
});

test('both maps of many-spills spill many times', () => {
  const { counters } = outcomeFor('many-spills', 'seven');
  expect(counters['map.spills']).toBeGreaterThanOrEqual(8);
});

test('words-by-letter writes a file for each folder, and none is empty', async () => {
  const { folder: written } = outcomeFor('words-by-letter', 'seven');
  const parts = [...partsOf(written)];
  expect(parts.length).toBeGreaterThan(5);
  for (const [name, part] of parts) {
    const [, length, letter] = /^length=(\d+)\/letter=(.+)\/part-00000\.csv$/.exec(name) ?? [];
    const [header, ...rows] = part.toString().trimEnd().split('\n');
    expect(header).toBe('word,count');
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect([String(row.indexOf(',')), row[0]]).toEqual([length, letter]);
  }
  expect(await verifyOutput(written)).toEqual([]);
});

test('nothing is left', () => expect(left).toEqual([]));
