// Half a year's usage of 300 customers, some of whom used nothing, and of a few that are in no list.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

const plans = ['free,0,1000,0', 'basic,499,50000,31250', 'pro,4999,1000000,12500', 'flat,9900,0,0'];

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly usage: string; readonly customers: string; readonly plans: string } {
  const random = seededRandom(17);
  mkdirSync(join(folder, 'usage'));
  for (let month = 1; month <= 6; month++) {
    const lines = Array.from({ length: 1_500 }, () => `${1 + random.below(303)},2025-0${month},${random.below(9_000) ** 2}\n`);
    writeFileSync(join(folder, 'usage', `2025-0${month}.csv`), `customer,month,units\n${lines.join('')}`);
  }
  const customers = Array.from({ length: 320 }, (_, i) => i + 1).filter(customer => customer <= 300 || customer > 310);
  const rows = customers.map(customer => `${customer},${random.pick(plans).split(',')[0]}\n`);
  writeFileSync(join(folder, 'customers.csv'), `customer,plan\n${rows.join('')}`);
  writeFileSync(join(folder, 'plans.csv'), `plan,fee,included,price\n${plans.join('\n')}\n`);
  return { usage: join(folder, 'usage', '*.csv'), customers: join(folder, 'customers.csv'), plans: join(folder, 'plans.csv') };
}
