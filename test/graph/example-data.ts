// The input of the examples, made from a fixed seed, and what each example must write for it, worked out with maps and sorts
// on the arrays the files were made from: neither readers nor engine have a part in it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ExampleName } from './examples.ts';

interface User {
  readonly id: number;
  readonly plan: string;
}
interface Hit {
  readonly user: number;
  readonly bytes: number;
}

export interface ExampleData {
  /** Lines by file, like the other members that are lists of lists. */
  readonly books: readonly (readonly string[])[];
  readonly users: readonly User[];
  readonly hits: readonly (readonly Hit[])[];
  readonly visits: readonly (readonly Hit[])[];
  readonly logs: readonly (readonly string[])[];
}

/** The lines of all parts, one part behind another, without csv headers. Where `ordered` is false parts hold them in any order. */
export interface ExampleResult {
  readonly lines: readonly string[];
  readonly ordered: boolean;
  readonly header: string | null;
}

const plans = ['free', 'pro', 'team'];
const vocabulary = 'the of and to in sheaf garbe gerbe espiga σωρός сноп 束 a b c reap bind stack thresh winnow carry store 😀'.split(' ');

/** The same data for the same scale. */
export function exampleData(scale = 1): ExampleData {
  const random = sequence(20_251_124);
  const list = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));
  const word = (): string => {
    const kind = random(10);
    return kind < 8 ? (vocabulary[random(random(vocabulary.length) + 1)] as string) : `w${random(300 * scale)}`;
  };
  const hit = (): Hit => ({ user: random(60), bytes: random(2 ** 31) });
  const level = (): string => (random(4) === 0 ? 'ERROR' : 'INFO');
  return {
    books: list(3, () => list(100 * scale, () => list(random(12), word).join(' '))),
    users: list(50, id => ({ id, plan: plans[random(plans.length)] as string })),
    hits: list(3, () => list(200 * scale, hit)),
    visits: list(2, () => list(100 * scale, hit)),
    logs: list(2, file => list(100 * scale, i => `${file}:${i} ${level()} request ${random(1000)}`)),
  };
}

/** Writes the files that the examples read into a folder. */
export function writeExampleData(folder: string, data: ExampleData): void {
  for (const name of ['books', 'hits', 'visits', 'logs']) mkdirSync(join(folder, name), { recursive: true });
  const csv = (header: string, rows: readonly object[]): string => [header, ...rows.map(row => Object.values(row).join(','))].join('\n');
  writeFileSync(join(folder, 'users.csv'), `${csv('id,plan', data.users)}\n`);
  const files: [name: string, content: string | Uint8Array][] = [
    ...data.books.map((lines, i): [string, string] => [`books/${i}.txt`, lines.join('\n')]),
    ...data.hits.map((rows, i): [string, string] => [`hits/${i}.csv`, csv('user,bytes', rows)]),
    ...data.visits.map((rows, i): [string, string] => [`visits/${i}`, rows.map(row => `${row.user} ${row.bytes}\n`).join('')]),
    ...data.logs.map((lines, i): [string, Uint8Array] => [`logs/${i}.gz`, gzipSync(lines.join('\n'))]),
  ];
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
}

/** What each example writes. */
export function exampleResults(data: ExampleData): { readonly [Name in ExampleName]: ExampleResult } {
  const counts = [...countsOf(data)];
  const anyOrder = (lines: string[], header: string | null = null): ExampleResult => ({ lines, ordered: false, header });
  const inOrder = (lines: string[], header: string | null = null): ExampleResult => ({ lines, ordered: true, header });
  return {
    wordCount: anyOrder(counts.map(([word, n]) => JSON.stringify({ word, n }))),
    wordCountOnBytes: anyOrder(
      counts.map(([word, n]) => `${word},${n}`),
      'word,n',
    ),
    joinAggregateSort: inOrder(billsOf(data), 'user,gb,plan'),
    mapOnly: inOrder(
      data.logs
        .flat()
        .filter(line => line.includes('ERROR'))
        .map(line => JSON.stringify(line)),
    ),
    severalInputs: anyOrder(visitsOf(data), 'user,plan,bytes'),
    topN: inOrder(
      counts
        .sort(([a, m], [b, n]) => n - m || Buffer.compare(Buffer.from(a), Buffer.from(b)))
        .slice(0, 10)
        .map(pair => JSON.stringify(pair)),
    ),
    broadcastJoin: inOrder(
      data.hits
        .flat()
        .flatMap(left => data.users.filter(({ id }) => id === left.user).map(right => JSON.stringify([left.user, { left, right }]))),
    ),
  };
}

function countsOf(data: ExampleData): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of data.books.flat().flatMap(line => line.split(' '))) {
    if (word !== '') counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

function billsOf(data: ExampleData): string[] {
  const sums = new Map<number, number>();
  for (const { user, bytes } of data.hits.flat()) sums.set(user, (sums.get(user) ?? 0) + bytes);
  const bills = [...sums].map(([user, sum]) => ({ user, gb: sum / 1e9, plan: data.users[user]?.plan ?? 'unknown' }));
  // Of equal plan and amount the order would hang on partitions; the seed makes none.
  return bills.sort((a, b) => (a.plan < b.plan ? -1 : a.plan > b.plan ? 1 : b.gb - a.gb)).map(bill => Object.values(bill).join(','));
}

function visitsOf(data: ExampleData): string[] {
  const ids = new Set([...data.users.map(user => user.id), ...data.visits.flat().map(visit => visit.user)]);
  return [...ids].map(user => {
    const bytes = data.visits.flat().filter(visit => visit.user === user);
    return [user, data.users[user]?.plan ?? '', bytes.map(visit => visit.bytes).join('+')].join(',');
  });
}

/** Whole numbers below a bound, from a linear congruence; its high bits are used. */
function sequence(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
