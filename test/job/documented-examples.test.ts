// The examples in the docstrings of the API run and give what they say: each is an expression over the records below, and behind
// `//` stand the records that come of it. Where an operator promises no order, they are compared without one.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agg, defineJob, type Flow, from, to } from 'sheaf';
import { expect, test } from 'vitest';
import { answerValues } from '../../packages/sheaf/src/cli/answer-values.ts';
import { runJob } from '../cluster/inline/run-job.ts';

const files = ['pipeline/collection.ts', 'pipeline/aggregates.ts', 'sources.ts', 'sinks.ts'];
const sourceFolder = join(import.meta.dirname, '../../packages/job/src');

const words = ['to', 'be', 'or', 'not', 'to', 'be'];
const sales = [
  { id: 1, user: 'ann', day: 'mon', amount: 12 },
  { id: 2, user: 'bob', day: 'mon', amount: 5 },
  { id: 3, user: 'ann', day: 'tue', amount: 8 },
  { id: 4, user: 'cy', day: 'tue', amount: 20 },
];
const users = [
  { user: 'ann', plan: 'pro' },
  { user: 'bob', plan: 'free' },
  { user: 'dan', plan: 'free' },
];
const inputs = {
  'lines.txt': 'to be\nor not to be\n',
  'sales.csv': `id,user,day,amount\n${sales.map(({ id, user, day, amount }) => `${id},${user},${day},${amount}\n`).join('')}`,
  'users.jsonl': users.map(user => `${JSON.stringify(user)}\n`).join(''),
};

interface Example {
  /** `collection.ts: words.distinct()`. */
  readonly name: string;
  readonly code: string;
  /** null: it only runs. */
  readonly gives: readonly unknown[] | null;
}

function examplesOf(file: string): Example[] {
  const text = readFileSync(join(sourceFolder, file), 'utf8');
  const blocks = [...text.matchAll(/^ *\* @example\n((?: *\* .*\n)+?) *\*\//gm)];
  return blocks.map(([, block = '']) => {
    const plain = block.replaceAll(/^ *\* /gm, '');
    const [code = '', gives] = plain.split('//', 2).map(part => part.trim());
    return { name: `${file}: ${code}`, code, gives: gives === undefined ? null : (JSON.parse(`[${gives}]`) as unknown[]) };
  });
}

const examples = files.flatMap(examplesOf);
/** Each example reads its records anew, so a job of all of them would be of hundreds of stages. */
const examplesPerJob = 12;
const jobs = Array.from({ length: Math.ceil(examples.length / examplesPerJob) }, (_, i) =>
  examples.slice(i * examplesPerJob, (i + 1) * examplesPerJob),
);

/** The expression's value: a collection, a keyed one, an answer, or nothing where it writes. */
function resultOf(code: string, { read }: Flow<unknown>): unknown {
  const names = {
    ...{ agg, from, to, read },
    words: read(from.items(words, { perTask: 3 })),
    sales: read(from.items(sales, { perTask: 2 })),
    users: read(from.items(users, { perTask: 2 })),
  };
  return new Function(...Object.keys(names), `return (${code});`)(...Object.values(names));
}

interface Collected {
  collect?(): unknown;
  entries?(): { collect(): unknown };
}

test.each(jobs.map(some => ({ first: some[0]?.name, some })))('from $first on', async ({ some }) => {
  const job = defineJob({
    name: 'examples',
    plan(flow) {
      const answers = some.map(({ code }, at) => {
        const value = resultOf(code, flow) as Collected | undefined;
        return [`example ${at}`, value?.collect?.() ?? value?.entries?.().collect() ?? value];
      });
      return Object.fromEntries(answers.filter(([, answer]) => answer !== undefined));
    },
  });
  const { status } = await runJob(job, { files: inputs });
  expect(status.error).toBe(null);
  const answers = answerValues(status) ?? {};
  for (const [at, { name, code, gives }] of some.entries()) {
    if (gives === null) continue;
    const answer = answers[`example ${at}`];
    const given = Array.isArray(answer) ? (answer as unknown[]) : [answer];
    expect(inOrder(code, given), name).toEqual(inOrder(code, gives));
  }
});

function inOrder(code: string, records: readonly unknown[]): readonly unknown[] {
  if (/\.(sortBy|sortWithin|top|first)\(/.test(code)) return records;
  return records.map(record => JSON.stringify(record)).sort();
}

test('every operator, aggregate and source has one', () => {
  const members = files.flatMap(file => {
    const text = readFileSync(join(sourceFolder, file), 'utf8');
    const interfaces = [...text.matchAll(/^export interface (?:Collection|Keyed|Aggregates|Sources|TextSource|Sinks)\b[\s\S]*?\n\}\n/gm)];
    return interfaces.flatMap(([body]) => [...body.matchAll(/^ {2}(\w+)[<(]/gm)].map(([, name]) => name as string));
  });
  const shown = (name: string): boolean => examples.some(({ code }) => new RegExp(`\\b${name}\\(`).test(code));
  expect([...new Set(members)].filter(name => !shown(name))).toEqual([]);
});
