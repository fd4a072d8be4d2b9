// The seven graphs that say what a stage graph must be able to say, run inline: each writes what was worked out without the
// engine.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawJob } from '@sheaf/job/raw';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleData, exampleResults, writeExampleData } from '../../graph/example-data.ts';
import { type Example, exampleNames, examples } from '../../graph/examples.ts';
import { runJob } from './run-job.ts';

const data = exampleData(4);
const results = exampleResults(data);
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-examples-'));
  writeExampleData(folder, data);
});
afterAll(() => rmSync(folder, { recursive: true }));

function linesOf(parts: ReadonlyMap<string, Buffer>, header: string | null): string[] {
  return [...parts.values()].flatMap(part => {
    const lines = part.toString().split('\n').slice(0, -1);
    return header !== null && lines[0] === header ? lines.slice(1) : lines;
  });
}

/** The example with other settings. */
function withSettings(example: Example, settings: Partial<Example['graph']['settings']>): Example {
  return { ...example, graph: { ...example.graph, settings: { ...example.graph.settings, ...settings } } };
}

describe.each(exampleNames)('%s', name => {
  test.each([16, 64])('writes the expected lines in %i MB', async memoryMb => {
    const example = withSettings(examples({ data: folder, out: 'out' })[name], { memoryMb });
    const { status, parts, left } = await runJob(rawJob(example));
    expect(status.error).toBeNull();
    const { lines, ordered, header } = results[name];
    const written = linesOf(parts, header);
    expect(ordered ? written : written.sort()).toEqual(ordered ? lines : [...lines].sort());
    expect(left).toEqual([]);
  });
});
