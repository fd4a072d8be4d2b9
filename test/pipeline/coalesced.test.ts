// Plans whose shuffles have many partitions, read together by few tasks: they give what a task for each partition gives.

import { fc, test } from '@fast-check/vitest';
import { openJob } from '@sheaf/job/open';
import { rawJob } from '@sheaf/job/raw';
import { agg, defineJob, from, to } from 'sheaf';
import { expect } from 'vitest';
import { runJob } from '../cluster/inline/run-job.ts';
import { type Partitioning, withPartitions } from '../cluster/jobs/many-partitions.ts';

interface Sale {
  readonly user: number;
  readonly amount: number;
}

const columns = { user: 'integer', amount: 'integer' } as const;

/** Joins, folds, groups with sorted values, and a fold of a fold. */
const job = defineJob({
  name: 'many',
  settings: { splitMb: 1 },
  plan({ read }) {
    const sales = read(from.jsonl('sales', columns));
    const bonus = read(from.jsonl('bonus', columns)).keyBy('user').sum('amount');
    const totals = sales.keyBy('user').aggregate({ total: agg.sum('amount'), count: agg.count() });
    totals.fullJoin(bonus).rows('user').write(to.jsonl('joined'));
    totals
      .entries()
      .map(([user, { total }]) => ({ by: user % 3, total }))
      .keyBy('by')
      .sum('total')
      .rows('by', 'total')
      .write(to.jsonl('by'));
    sales
      .keyBy('user')
      .group(
        function* (user, values) {
          yield { user, amounts: [...values].map(({ amount }) => amount) };
        },
        { sortValuesBy: 'amount' },
      )
      .write(to.jsonl('sorted'));
  },
});

async function run(files: { [path: string]: string }, partitioning: Partitioning) {
  const { graph, functions } = openJob(job).compile(undefined);
  const ran = await runJob(rawJob({ graph: withPartitions(graph, partitioning), functions }), { files });
  expect(ran.status.state, ran.status.error?.message).toBe('succeeded');
  const records = [...ran.outputs].map(([folder, parts]) => {
    const lines = [...parts.values()].flatMap(part => part.toString().split('\n').slice(0, -1));
    return [folder, lines.sort()] as const;
  });
  return { records: Object.fromEntries(records), tasks: ran.status.stages.map(({ total }) => total ?? 0) };
}

const sale = fc.record({ user: fc.nat(40), amount: fc.integer({ min: -99, max: 99 }) });
const linesOf = (sales: readonly Sale[]): string => sales.map(one => `${JSON.stringify(one)}\n`).join('');

test.prop([fc.array(sale, { minLength: 1, maxLength: 120 }), fc.array(sale, { maxLength: 40 }), fc.integer({ min: 3_000, max: 300_000 })], {
  numRuns: 8,
})('few tasks that read partitions together give what a task for each gives', async (sales, bonus, coalesceBytes) => {
  const half = Math.ceil(sales.length / 2);
  const files = {
    ...{ 'sales/a.jsonl': linesOf(sales.slice(0, half)), 'sales/b.jsonl': linesOf(sales.slice(half)) },
    'bonus/a.jsonl': linesOf(bonus),
  };
  const each = await run(files, { bytesPerTask: 150, coalesceBytes: 1 });
  const few = await run(files, { bytesPerTask: 150, coalesceBytes });
  expect(few.records).toEqual(each.records);
  few.tasks.forEach((tasks, stage) => {
    expect(tasks).toBeLessThanOrEqual(each.tasks[stage] ?? 0);
  });
});
