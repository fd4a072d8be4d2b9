// Runs a plan inline over records that lie in JSON lines, and gives what it wrote, read back, in the order of the parts.

import type { CompiledJob, Decided } from '@sheaf/job/open';
import { type Collection, defineJob, type Flow, from, type Schema } from 'sheaf';
import { runJob } from '../cluster/inline/run-job.ts';

export interface Sale {
  readonly id: number;
  readonly user: number | null;
  readonly day: string;
  readonly amount: number;
}

export interface User {
  readonly user: number | null;
  readonly plan: string;
}

/** Lets every record through as it is; the tests write only what their types say. */
function anything<T>(): Schema<T> {
  return { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as unknown as Schema<T>;
}

export interface Data {
  readonly sales?: readonly Sale[];
  readonly users?: readonly User[];
}

export interface TestFlow extends Flow<unknown> {
  readonly sales: Collection<Sale>;
  readonly users: Collection<User>;
}

export interface Ran {
  /** The records of each output, by its folder. */
  readonly outputs: { readonly [folder: string]: readonly unknown[] };
  readonly state: string;
  readonly error: string | null;
}

export interface RunPlanOptions {
  readonly memoryMb?: number;
  /** All joins that may be lookups are. */
  readonly looksUp?: boolean;
}

/** The records of `data` lie in two files each, so that there are several splits. */
export async function runPlan(data: Data, plan: (flow: TestFlow) => void, options: RunPlanOptions = {}): Promise<Ran> {
  const { looksUp = false, ...settings } = options;
  const job = defineJob({
    name: 'test',
    settings: { splitMb: 1, ...settings },
    plan({ params, read, broadcast }) {
      const sales = read(from.jsonl('sales', anything<Sale>()));
      const users = read(from.jsonl('users', anything<User>()));
      plan({ params, read, broadcast, sales, users });
    },
  });
  const files = { ...filesOf('sales', data.sales ?? []), ...filesOf('users', data.users ?? []) };
  const ran = await runJob(job, { files, ...(looksUp ? { decide: allLookedUp } : {}) });
  const outputs = Object.fromEntries([...ran.outputs].map(([folder, parts]) => [folder, [...parts.values()].flatMap(linesOf)]));
  return { outputs, state: ran.status.state, error: ran.status.error?.message ?? null };
}

/** As if every join had been found small. */
export function allLookedUp({ joins = [] }: CompiledJob): Decided {
  return { checkpoints: {}, joins: Object.fromEntries(joins.map(({ join }) => [join, 'small'])), scans: [] };
}

function filesOf(folder: string, records: readonly unknown[]): { [path: string]: string } {
  const half = Math.ceil(records.length / 2);
  const text = (part: readonly unknown[]): string => part.map(record => `${JSON.stringify(record)}\n`).join('');
  return { [`${folder}/a.jsonl`]: text(records.slice(0, half)), [`${folder}/b.jsonl`]: text(records.slice(half)) };
}

function linesOf(part: Buffer): unknown[] {
  return part
    .toString()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as unknown);
}
