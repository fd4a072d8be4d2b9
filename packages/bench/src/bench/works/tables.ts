// A CSV file of sales summed by user, by functions and by the names of columns; and joined with the users.

import { join } from 'node:path';
import type { Input } from '../data/data-folder.ts';
import { timesAtMost, timesFaster } from './bars.ts';
import { checkSumsByPlan, checkSumsByUser } from './check-sums.ts';
import { type Case, caseMaker, peerCases, sheafRun, type Work, type WorkContext } from './work.ts';

const functions = 'sum: sheaf, functions, 2 slots';
const columns = 'sum: sheaf, columns, 2 slots';
const joined = 'join: sheaf, 2 slots';

export function sumsAndJoin({ program, data, peers, sizes, slots }: WorkContext): Work {
  const tables = data.tables(sizes.rows);
  const { sales, users } = tables;
  const sum = caseMaker([sales], folder => checkSumsByUser(folder, tables));
  const joinUsers = caseMaker([sales, users], folder => checkSumsByPlan(folder, tables));
  const sheaf = (add: typeof sum, name: string, job: string, inputs: { readonly [name: string]: Input }): Case => {
    const params = Object.fromEntries(Object.entries(inputs).map(([param, { path }]) => [param, path]));
    return add(name, 'sheaf', sheafRun(program, { job: join(program.package, 'jobs', job), params, options: slots(2) }));
  };
  return {
    number: 5,
    title: 'CSV, sums and a join',
    about: `${sizes.rows.toLocaleString('en')} sales, two of six columns used: sum and number by user; and joined with the users and summed by their plans.`,
    cases: [
      sheaf(sum, functions, 'sum-by-user-functions.ts', { in: sales }),
      sheaf(sum, columns, 'sum-by-user.ts', { in: sales }),
      ...peerCases(
        sum,
        [sales],
        [
          ['sum: Spark DataFrame', peers.spark, 'sum-dataframe', 'slow peer'],
          ['sum: DuckDB', peers.duckdb, 'sum', 'quick peer'],
        ],
      ),
      sheaf(joinUsers, joined, 'sum-by-plan.ts', { in: sales, users }),
      ...peerCases(
        joinUsers,
        [sales, users],
        [
          ['join: Spark DataFrame', peers.spark, 'join-dataframe', 'slow peer'],
          ['join: DuckDB', peers.duckdb, 'join', 'quick peer'],
        ],
      ),
    ],
    bars: [timesFaster(functions, ['sum: Spark DataFrame'], 5), timesAtMost(columns, 'sum: DuckDB', 2)],
  };
}
