// The examples' expected results agree with the oracle where the oracle can say them, so that the engine is held to figures
// that two independent ways gave. (Joins, total order and the largest few are beyond the oracle.)

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Format, Input } from '@sheaf/protocol/graph';
import type { FilesOutput } from '@sheaf/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OracleJob, oracle } from '../oracle/oracle.ts';
import { type ExampleResult, exampleData, exampleResults, writeExampleData } from './example-data.ts';
import { type Example, examples } from './examples.ts';

const data = exampleData();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
  writeExampleData(folder, data);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The reading side of an example's first stage, and its output. */
function sides(example: Example): {
  readonly read: readonly { readonly paths: readonly string[]; readonly format: Format }[];
  readonly output: FilesOutput;
} {
  const tasks = example.graph.stages[0]?.tasks;
  const inputs = tasks?.type === 'splits' ? tasks.inputs : [];
  const read = inputs.map(input => input as Extract<Input, { type: 'files' }>);
  return { read, output: example.graph.outputs[0] as FilesOutput };
}

async function linesOf(job: OracleJob, result: ExampleResult): Promise<string[]> {
  const parts = [...(await oracle(job)).values()].map(part => part.toString().split('\n').slice(0, -1));
  const lines = parts.flatMap(part => (result.header !== null && part[0] === result.header ? part.slice(1) : part));
  return result.ordered ? lines : lines.sort();
}

test('wordCount, mapOnly and severalInputs: the oracle gives the expected lines', async () => {
  const { wordCount, mapOnly, severalInputs } = examples({ data: folder, out: join(folder, 'out') });
  const expected = exampleResults(data);
  const [words, add, total] = wordCount.functions as never[];
  const count = sides(wordCount);
  expect(
    await linesOf(
      { inputs: [{ read: count.read[0]!, map: words! }], combine: add!, reduce: total!, output: count.output },
      expected.wordCount,
    ),
  ).toEqual([...expected.wordCount.lines].sort());
  const [keep] = mapOnly.functions;
  const grep = sides(mapOnly);
  const kept = (line: string): string[] => (keep?.(line) === true ? [line] : []);
  expect(await linesOf({ inputs: [{ read: grep.read[0]!, map: kept }], output: grep.output }, expected.mapOnly)).toEqual(
    expected.mapOnly.lines,
  );
  const [ofUser, ofVisit, plan] = severalInputs.functions;
  const { read, output } = sides(severalInputs);
  const inputs = [
    { read: read[0]!, map: (user: unknown) => [ofUser?.(user)] },
    { read: read[1]!, map: ofVisit! },
  ];
  expect(await linesOf({ inputs, reduce: plan!, output }, expected.severalInputs)).toEqual([...expected.severalInputs.lines].sort());
});

test('wordCountOnBytes counts what wordCount counts', async () => {
  const { wordCountOnBytes } = examples({ data: folder, out: join(folder, 'out') });
  const expected = exampleResults(data).wordCountOnBytes;
  const { read, output } = sides(wordCountOnBytes);
  const job: OracleJob = {
    inputs: [{ read: read[0]!, map: (word: string) => [[word, 1]] }],
    reduce: (word: string, ones: Iterable<number>) => [{ word, n: [...ones].length }],
    output,
  };
  expect(await linesOf(job, expected)).toEqual([...expected.lines].sort());
});

test('the data is worth its name', () => {
  const expected = exampleResults(data);
  for (const result of Object.values(expected)) expect(result.lines.length).toBeGreaterThanOrEqual(10);
  // No two bills share plan and amount: their order hangs on nothing else.
  const bills = expected.joinAggregateSort.lines.map(line => line.split(',').slice(1).join());
  expect(new Set(bills).size).toBe(bills.length);
  expect(expected.joinAggregateSort.lines.some(line => line.endsWith('unknown'))).toBe(true);
});
