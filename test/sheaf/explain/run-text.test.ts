// A run in words: the golden text, the critical path, and what is told while nothing is known yet.

import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../packages/sheaf/src/explain/critical-path.ts';
import { explainRun } from '../../../packages/sheaf/src/explain/explained.ts';
import { runLines } from '../../../packages/sheaf/src/explain/run-text.ts';
import { three, threeTimes, timeText } from '../../../packages/sheaf/src/explain/stage-words.ts';
import { measures, outline, ran, status } from './sample.ts';

describe('a run in words', () => {
  it('tells what each stage took, what it is, and what went between them', () => {
    expect(`\n${runLines(ran).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      bills (jabcdefgh1234) succeeded in 12.5 s
        STAGE      TASKS    TOOK  TASK TIME  SHARE     CPU  RECORDS IN  BYTES IN  RECORDS OUT  BYTES OUT  SPILLS
      * read          16   8.0 s     16.0 s   63 %  14.4 s       4.0 M  256.0 MB          800    12.0 kB      40
        read 2         1   1.0 s      2.0 s    8 %   1.8 s          50    9.0 kB           50      900 B       -
      * join           4  900 ms      1.8 s    7 %   1.6 s         850   12.9 kB           48      800 B       -
      * splitters      1  100 ms     200 ms    1 %  180 ms           4      80 B            1       40 B       -
      * sort           2   2.7 s      5.4 s   21 %   4.9 s          48     800 B           48     1.2 kB       -
      * the chain of stages that took longest: the job is done much sooner only if one of these is

        MIN · MEDIAN · MAX         TIME A TASK           RECORDS A TASK           BYTES A TASK  LONGEST  LARGEST
      * read                 1.0 · 1.0 · 1.0 s  250.0 · 250.0 · 250.0 k  16.0 · 16.0 · 16.0 MB   task 0   task 0
      * join                450 · 450 · 450 ms          213 · 213 · 213     3.2 · 3.2 · 3.2 kB   task 0   task 0
      * sort                 2.7 · 2.7 · 2.7 s             24 · 24 · 24      400 · 400 · 400 B   task 0   task 0

      read: read sales/*.csv → filter s => s.amount > 10 → keyBy user; keyBy day
      read 2: read users.csv
      join: join → rows "<user>" & amount
      sort: sortBy amount desc → write bills
      read → join, hash of user, combined: 800 records, 12.0 kB
      read 2 → join, hash of user: 50 records, 900 B
      join → sort, range of amount desc: 48 records, 800 B
      join → splitters, sample of keys: 4 records, 80 B
      splitters → sort, broadcast to every task: 1 record, 40 B
      "
    `);
  });

  it('counts once what edges share', () => {
    const shared = { ...outline.edges[1]!, shares: 1 };
    const stages = status.stages.map(stage => {
      const sent = stage.measured?.sent.flatMap(one => (one.edge === 1 ? [one, { ...one, edge: 5 }] : [one]));
      return stage.measured === undefined || sent === undefined ? stage : { ...stage, measured: { ...stage.measured, sent } };
    });
    const lines = runLines(explainRun({ ...outline, edges: [...outline.edges, shared] }, { ...status, stages }));
    expect(lines).toContain('read 2 → join, hash of user, shared: 50 records, 900 B');
    expect(lines.filter(line => !line.includes('shared'))).toEqual(runLines(ran));
  });

  it('of a job that has not begun says so', () => {
    const stages = status.stages.map(({ measured: _, ...stage }) => ({ ...stage, total: null, done: 0 }));
    const lines = runLines(explainRun(outline, { ...status, state: 'queued', stages, startedAt: null, endedAt: null }));
    expect(lines[0]).toBe('bills (jabcdefgh1234) queued in 0.0 s');
    expect(lines[2]).toMatch(/^ {2}read +\?$/);
  });
});

describe('the critical path', () => {
  const took = (to: number) => measures(1, { from: 0, to, records: 1, bytes: 1 });
  const edge = (from: number, to: number) => ({ ...outline.edges[0]!, from, to });

  it('is the chain that took longest together', () => {
    const edges = [edge(0, 2), edge(1, 2), edge(2, 4), edge(3, 4)];
    expect(criticalPath(edges, [took(5), took(7), took(2), took(8), took(3)])).toEqual([1, 2, 4]);
    expect(criticalPath(edges, [took(5), took(7), took(2), took(10), took(3)])).toEqual([3, 4]);
    expect(criticalPath(edges, [took(5), took(30), took(2), took(10), took(3)])).toEqual([1, 2, 4]);
  });

  it('ends where a job has come to', () => {
    expect(criticalPath([edge(0, 1)], [took(3), null])).toEqual([0]);
    expect(criticalPath([edge(0, 1)], [null, null])).toEqual([]);
  });
});

describe('figures', () => {
  it('say their unit once where all have one', () => {
    expect(timeText(950)).toBe('950 ms');
    expect(timeText(61_000)).toBe('1m 1s');
    expect(three({ min: 1, median: 2, max: 3, largest: 0 }, value => `${value} MB`)).toBe('1 · 2 · 3 MB');
    expect(threeTimes({ min: 4, median: 500, max: 2_000, largest: 0 })).toBe('0.0 · 0.5 · 2.0 s');
  });
});
