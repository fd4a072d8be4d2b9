// Bad rows among good ones, at whatever place of whatever split: the output is as if they had not been there, and each has its
// letter. Held against a plain loop over the rows, for edges with and without a combiner and for parts.

import { fc, test } from '@fast-check/vitest';
import { from, mapReduce, sum, type TaskContext, to } from '@sheaf/job';
import { describe, expect } from 'vitest';
import { type RanJob, runJob } from './run-job.ts';

/** What is wrong with a row, by how it is written. `v` tells the map what to do with it. */
const kinds = {
  good: 'v7',
  tooFew: null,
  noNumber: 'v',
  noUtf8: 'v\xff7',
  throws: 'v1',
  throwsLate: 'v2',
  badKey: 'v3',
  badValue: 'v4',
} as const;
type Kind = keyof typeof kinds;

interface Row {
  readonly kind: Kind;
  readonly length: number;
}

const padding = 'x'.repeat(200);
const bad = fc.tuple(fc.nat(1_299), fc.constantFrom(...(Object.keys(kinds) as Kind[])));

/** Over 64 kB, the smallest split, so that rows are cut; the others are good. */
function rowsOf(badOnes: readonly (readonly [number, Kind])[]): Row[] {
  const kindAt = new Map(badOnes);
  return Array.from({ length: 1_300 }, (_, id) => ({ kind: kindAt.get(id) ?? 'good', length: (id * 37) % 180 }));
}

function textOf(id: number, { kind, length }: Row): string {
  const v = kinds[kind];
  return v === null ? `${id}` : `${id},${v.slice(1)},${padding.slice(0, length)}`;
}

interface Cells {
  readonly id: number;
  readonly v: number;
  readonly pad: string;
}

function* pairsOf({ id, v }: Cells, { count }: TaskContext<unknown>): Generator<[number | string, number]> {
  count('seen');
  if (v === 1) throw new Error('not this one');
  yield [id % 7, v];
  yield [`of ${id % 5}`, 1];
  if (v === 2) throw new RangeError('not so far');
  if (v === 3) yield [Number.NaN, 1];
  if (v === 4) yield [0, (() => 1) as unknown as number];
}

const source = () => from.csv('in.csv', { id: 'integer', v: 'integer', pad: 'text' }, { multiline: false });
const shared = {
  name: 'skips',
  settings: { splitMb: 0.0625 },
  onError: { skip: { maxRatio: 1 }, deadLetter: 'bad/' },
  input: source(),
  map: pairsOf,
  output: to.jsonl('out'),
} as const;
const summed = function* (key: number | string, values: Iterable<number>): Generator<[number | string, number]> {
  let total = 0;
  for (const value of values) total += value;
  yield [key, total];
};
const folded = mapReduce({ ...shared, combine: sum, reduce: summed });
const grouped = mapReduce({ ...shared, reduce: summed });
const written = mapReduce({ ...shared });

function letterOf({ kind }: Row, isWritten: boolean): { readonly code: string; readonly function?: string } | null {
  if (kind === 'good') return null;
  if (kind === 'tooFew' || kind === 'noNumber' || kind === 'noUtf8') return { code: 'E_BAD_RECORD' };
  const thrown = kind === 'throws' || kind === 'throwsLate';
  const refused = isWritten ? 'E_BAD_OUTPUT_RECORD' : kind === 'badKey' ? 'E_BAD_KEY' : 'E_BAD_VALUE';
  return { code: thrown ? 'E_USER_CODE' : refused, function: 'pairsOf' };
}

function linesOf(ran: RanJob, folder: string): unknown[] {
  const parts = [...(ran.outputs.get(folder)?.values() ?? [])];
  const lines = parts.flatMap(part => part.toString().split('\n').slice(0, -1));
  return lines.map(line => JSON.parse(line) as unknown);
}

function expectedOf(
  given: readonly Row[],
  file: string,
  isWritten: boolean,
): { readonly letters: unknown[]; readonly pairs: [number | string, number][]; good: number } {
  const letters: unknown[] = [];
  const pairs: [number | string, number][] = [];
  let good = 0;
  let offset = 'id,v,pad\n'.length;
  for (const [id, one] of given.entries()) {
    const text = textOf(id, one);
    const letter = letterOf(one, isWritten);
    const record = Buffer.from(text, 'latin1').toString('utf8');
    if (letter !== null) letters.push({ file, offset, line: id + 2, record, ...letter });
    else {
      good++;
      pairs.push([id % 7, 7], [`of ${id % 5}`, 1]);
    }
    offset += text.length + 1;
  }
  return { letters, pairs, good };
}

describe('bad rows among good ones', () => {
  const jobs = [folded, grouped, written];
  test.prop([fc.array(bad, { maxLength: 40 }), fc.nat(2)], { numRuns: 20 })(
    'leave a letter each, and nothing else',
    async (badOnes, which) => {
      const given = rowsOf(badOnes);
      const text = `id,v,pad\n${given.map((one, id) => `${textOf(id, one)}\n`).join('')}`;
      const ran = await runJob(jobs[which], { files: { 'in.csv': Buffer.from(text, 'latin1') } });
      const { letters, pairs, good } = expectedOf(given, `${ran.folder}/in.csv`, which === 2);
      expect(ran.status).toMatchObject({ state: 'succeeded', error: null, skipped: { records: letters.length } });
      expect(linesOf(ran, 'bad').map(withoutMessage)).toEqual(letters);
      expect(ran.status.counters).toMatchObject({ 'map.recordsIn': given.length, seen: good });
      expect(ran.status.counters['map.skippedRecords'] ?? 0).toBe(letters.length);
      const found = linesOf(ran, 'out') as [number | string, number][];
      if (which === 2) expect(found).toEqual(pairs);
      else expect(new Map(found)).toEqual(totals(pairs));
      expect(ran.left).toEqual([]);
    },
  );
});

function withoutMessage(letter: unknown): unknown {
  const { message, stage, ...rest } = letter as { readonly message: string; readonly stage: string };
  expect(message).not.toBe('');
  expect(stage).toBe('map');
  return rest;
}

function totals(pairs: readonly (readonly [number | string, number])[]): Map<number | string, number> {
  const sums = new Map<number | string, number>();
  for (const [key, value] of pairs) sums.set(key, (sums.get(key) ?? 0) + value);
  return sums;
}
