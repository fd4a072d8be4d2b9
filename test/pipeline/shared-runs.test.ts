// A collection that several operators take by the same key is written once for all of them: what they make of it is what it was,
// and the copies on disk are one file.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fc, test as property } from '@fast-check/vitest';
import { agg, type Collection, defineJob, from, to } from 'sheaf';
import { expect, test } from 'vitest';
import { runJob } from '../cluster/inline/run-job.ts';
import { runPlan } from './run-plan.ts';

const sale = fc.record({ id: fc.integer(), user: fc.nat(5), day: fc.constantFrom('mon', 'tue'), amount: fc.nat(100) });

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
const sorted = (records: readonly unknown[] | undefined): unknown[] => [...(records ?? [])].sort(byText);

property.prop([fc.array(sale, { maxLength: 25 })], { numRuns: 15 })('every taker of a shared run gets all of it', async sales => {
  const ran = await runPlan({ sales }, ({ sales, users }) => {
    const byUser = sales.keyBy('user');
    byUser
      .join(byUser)
      .entries()
      .map(([, { left, right }]) => [left.id, right.id])
      .write(to.jsonl('itself'));
    byUser
      .antiJoin(users.keyBy('user'))
      .entries()
      .map(([, { id }]) => id)
      .write(to.jsonl('anti'));
    byUser
      .group(function* (user, all) {
        for (const { id } of all) yield [user, id];
      })
      .write(to.jsonl('groups'));
    for (const order of ['one', 'two']) {
      sales
        .sortBy('amount', 'id')
        .map(({ id }) => id)
        .write(to.jsonl(order));
    }
  });
  expect(ran.error).toBeNull();
  const pairs = sales.flatMap(left => sales.filter(({ user }) => user === left.user).map(right => [left.id, right.id]));
  expect(sorted(ran.outputs.itself)).toEqual(sorted(pairs));
  expect(sorted(ran.outputs.anti)).toEqual(sorted(sales.map(({ id }) => id)));
  expect(sorted(ran.outputs.groups)).toEqual(sorted(sales.map(({ user, id }) => [user, id])));
  const ids = [...sales].sort((a, b) => a.amount - b.amount || a.id - b.id).map(({ id }) => id);
  expect(ran.outputs.one).toEqual(ids);
  expect(ran.outputs.two).toEqual(ids);
});

/** Names of run files, and the files that they are. */
interface Files {
  readonly names: Set<string>;
  readonly files: Set<number>;
}

function lookFor(seen: Files, folder: string): void {
  for (const path of readdirSync(join(folder, '.work'), { recursive: true, encoding: 'utf8' })) {
    if (!/edge-\d+\.run$/.test(path)) continue;
    seen.names.add(path);
    seen.files.add(statSync(join(folder, '.work', path)).ino);
  }
}

test('a join in each of ten rounds has one run of what is joined', async () => {
  const links = Array.from({ length: 60 }, (_, i) => ({ page: `p${i % 20}`, target: `p${(i * 7) % 20}` }));
  const job = defineJob({
    name: 'rounds',
    plan({ read }) {
      const byPage = read(from.csv('links.csv', { page: 'text', target: 'text' })).keyBy(({ page }) => page);
      let ranks = byPage.count().mapValues(() => 1);
      for (let round = 0; round < 10; round++) {
        ranks = byPage
          .join(ranks)
          .entries()
          .map(([, { left, right }]) => [left.target, right] as const)
          .pairs()
          .reduce((a, b) => a + b)
          .mapValues(rank => rank % 1_009);
      }
      ranks.rows('page', 'rank').write(to.jsonl('out'));
    },
  });
  const seen: Files = { names: new Set(), files: new Set() };
  const text = links.map(({ page, target }) => `${page},${target}\n`).join('');
  const ran = await runJob(job, { files: { 'links.csv': `page,target\n${text}` }, onStatus: (_, folder) => lookFor(seen, folder) });
  expect(ran.status.state, ran.status.error?.message).toBe('succeeded');
  expect(ran.left).toEqual([]);
  // Of the one task that reads: ten names for what is joined, one for the counts.
  const written = [...seen.names].filter(path => path.startsWith('0-0'));
  expect(written.length).toBe(11);
  expect(seen.names.size - seen.files.size).toBeGreaterThanOrEqual(9);

  let ranks = new Map(links.map(({ page }) => [page, 1]));
  for (let round = 0; round < 10; round++) {
    const next = new Map<string, number>();
    for (const { page, target } of links) {
      if (ranks.has(page)) next.set(target, (next.get(target) ?? 0) + (ranks.get(page) as number));
    }
    ranks = new Map([...next].map(([page, rank]) => [page, rank % 1_009]));
  }
  const rows = [...ran.parts.values()].flatMap(part => part.toString().trimEnd().split('\n')).filter(line => line !== '');
  expect(sorted(rows.map(row => JSON.parse(row)))).toEqual(sorted([...ranks].map(([page, rank]) => ({ page, rank }))));
});

interface Point {
  readonly x: number;
  readonly y: number;
}

test('k-means by broadcast has room for ten rounds in the default memory', async () => {
  const nearest = (point: Point, middles: readonly Point[]): number => {
    const distances = middles.map(({ x, y }) => (x - point.x) ** 2 + (y - point.y) ** 2);
    return distances.indexOf(Math.min(...distances));
  };
  const job = defineJob({
    name: 'k-means',
    plan({ read, broadcast }) {
      const points = read(from.csv('points.csv', { x: 'integer', y: 'integer' }));
      let middles: Collection<Point> = points.top(4, () => 0);
      for (let round = 0; round < 10; round++) {
        const known = broadcast(middles);
        middles = points
          .keyBy(point => nearest(point, known.value))
          .aggregate({ x: agg.sum('x'), y: agg.sum('y'), count: agg.count() })
          .entries()
          .map(([, { x, y, count }]) => ({ x: Math.round(x / count), y: Math.round(y / count) }));
      }
      middles.write(to.jsonl('out'));
    },
  });
  const points = Array.from({ length: 200 }, (_, i) => ({ x: (i % 4) * 100 + ((i * 13) % 40), y: (i % 3) * 100 + ((i * 29) % 50) }));
  const text = points.map(({ x, y }) => `${x},${y}\n`).join('');
  const ran = await runJob(job, { files: { 'points.csv': `x,y\n${text}` } });
  expect(ran.status.state, ran.status.error?.message).toBe('succeeded');

  let middles: readonly Point[] = points.slice(0, 4);
  for (let round = 0; round < 10; round++) {
    const clusters = middles.map((_, at) => points.filter(point => nearest(point, middles) === at)).filter(({ length }) => length > 0);
    middles = clusters.map(cluster => {
      const mean = (of: (point: Point) => number): number =>
        Math.round(cluster.reduce((sum, point) => sum + of(point), 0) / cluster.length);
      return { x: mean(({ x }) => x), y: mean(({ y }) => y) };
    });
  }
  const rows = [...ran.parts.values()].flatMap(part => part.toString().trimEnd().split('\n')).filter(line => line !== '');
  expect(sorted(rows.map(row => JSON.parse(row)))).toEqual(sorted(middles));
});
