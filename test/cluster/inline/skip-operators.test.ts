// Every operator of a pipeline over input with bad rows, some that cannot be decoded, some on which the last function of the stage
// throws when all other branches have taken them: each output has the bytes that the same job gives without those rows.

import { openJob } from '@sheaf/job/open';
import { rawJob } from '@sheaf/job/raw';
import type { StageGraph, Step } from '@sheaf/protocol/graph';
import { expect, test } from 'vitest';
import everyOperator from '../jobs/every-operator.ts';
import { type RanJob, runJob } from './run-job.ts';

/** Three files of over 64 kB, the smallest split, so that each is a task with and without its bad rows. */
function inputs(withBad: boolean): { [path: string]: string } {
  const files: { [path: string]: string } = {};
  const note = 'x'.repeat(50);
  for (let file = 0; file < 3; file++) {
    const rows = Array.from({ length: 1_000 }, (_, row) => {
      const id = file * 1_000 + row;
      const good = `${id},${id % 3 === 0 ? 1 : (id * 17) % 53},2025-03-${String(1 + ((id * 5) % 9)).padStart(2, '0')},${((id * 31) % 400) / 4},${note}\n`;
      if (!withBad || id % 10 !== 3) return good;
      return id % 20 === 3 ? `${good}${id},no user,2025-03-01,1,\n` : `1000000,${id % 53},2025-02-01,1,\n${good}`;
    });
    files[`in/sales-${file}.csv`] = `id,user,day,amount,note\n${rows.join('')}`;
  }
  files['in/users.csv'] = `user,plan\n${Array.from({ length: 60 }, (_, user) => `${user},plan ${user % 4}\n`).join('')}`;
  return files;
}

/** The job, whose sales the last function that takes them refuses when they are numbered 1,000,000; bad records are skipped. */
function skipping(): unknown {
  const { graph, functions } = openJob(everyOperator).compile({ in: 'in', out: 'out', gates: '' });
  const files = graph.outputs.filter(({ type }) => type === 'files');
  const answers = graph.outputs.slice(files.length);
  const stages = graph.stages.map(stage => ({
    ...stage,
    outputs: stage.outputs.map(id => (id < files.length ? id : id + 1)),
    steps: stage.steps.map(
      (step): Step => (step.type === 'write' && step.output >= files.length ? { ...step, output: step.output + 1 } : step),
    ),
  }));
  const letters = { type: 'files', folder: 'bad', format: 'jsonl', options: {} } as const;
  const changed: StageGraph = {
    ...{ ...graph, stages, outputs: [...files, letters, ...answers] },
    onError: { maxCount: null, maxRatio: 1, deadLetter: files.length },
  };
  const last = lastFunctionOfSales(graph);
  const asked = functions[last] as (record: unknown, context: unknown) => unknown;
  const refusing = (record: { readonly id: number }, context: unknown): unknown => {
    if (record.id === 1_000_000) throw new Error('refused');
    return asked(record, context);
  };
  return rawJob({ graph: changed, functions: functions.map((one, index) => (index === last ? refusing : one)) });
}

function lastFunctionOfSales({ stages }: StageGraph): number {
  const [stage] = stages.filter(({ tasks }) => tasks.type === 'splits').sort((a, b) => b.steps.length - a.steps.length);
  const calls = (stage?.steps ?? []).filter(
    step => step.type === 'call' && stage?.steps[step.from]?.type === 'read' && step.batch === undefined,
  );
  const last = calls.at(-1);
  if (last?.type !== 'call') throw new Error('no function takes the sales');
  return last.function.index;
}

function bytesOf({ outputs }: RanJob): { readonly [path: string]: string } {
  const parts = [...outputs].flatMap(([folder, files]) =>
    [...files].map(([name, part]) => [`${folder}/${name}`, part.toString()] as const),
  );
  return Object.fromEntries(parts.filter(([path]) => !path.startsWith('bad/')));
}

test('every operator gives what it gives without the bad rows', async () => {
  const plain = await runJob(everyOperator, { params: { in: 'in', out: 'out' }, files: inputs(false) });
  const skipped = await runJob(skipping(), { files: inputs(true) });
  expect([plain.status.error, skipped.status.error]).toEqual([null, null]);
  expect(skipped.status.skipped?.records).toBe(300);
  const expected = bytesOf(plain);
  const found = bytesOf(skipped);
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  const different = Object.keys(expected).filter(path => found[path] !== expected[path]);
  expect(different).toEqual([]);
  expect(skipped.status.answers).toEqual(plain.status.answers);
}, 60_000);
