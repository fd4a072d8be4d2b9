// Writes each bill by hand, in millionths of a cent, and holds the rounding against them.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rowsOf } from '../output.ts';

interface Params {
  readonly usage: string;
  readonly customers: string;
  readonly plans: string;
  readonly out: string;
}

const linesIn = (path: string): string[][] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(1, -1)
    .map(line => line.split(','));

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: Params): string {
  const folder = dirname(params.usage);
  const units = new Map<string, bigint>();
  for (const [customer = '', , used = ''] of readdirSync(folder).flatMap(name => linesIn(join(folder, name)))) {
    units.set(customer, (units.get(customer) ?? 0n) + BigInt(used));
  }
  const plans = new Map(linesIn(params.plans).map(([plan = '', ...terms]) => [plan, terms.map(BigInt)]));
  const customers = linesIn(params.customers);
  const bills = rowsOf(join(params.out, 'bills'));
  assert.deepEqual(
    bills.map(({ customer }) => customer),
    customers.map(([customer]) => customer),
    'a bill each, in order',
  );
  let total = 0n;
  for (const [i, [customer = '', plan = '']] of customers.entries()) {
    const [fee = 0n, included = 0n, price = 0n] = plans.get(plan) ?? [];
    const used = units.get(customer) ?? 0n;
    const exact = fee * 1_000_000n + (used > included ? (used - included) * price : 0n);
    const { cents = '', ...bill } = bills[i]!;
    assert.deepEqual(bill, { customer, plan, units: `${used}` });
    const over = BigInt(cents) * 1_000_000n - exact;
    assert(over > -500_000n && over <= 500_000n, `customer ${customer} pays ${cents} cents for ${exact} millionths`);
    total += BigInt(cents);
  }
  const unknown = rowsOf(join(params.out, 'unknown')).map(({ customer, units: used }) => `${customer}: ${used}`);
  const known = new Set(customers.map(([customer]) => customer));
  const missing = [...units].filter(([customer]) => !known.has(customer)).map(([customer, used]) => `${customer}: ${used}`);
  assert.deepEqual(unknown.sort(), missing.sort());
  return `${bills.length} bills of ${total} cents in all, ${unknown.length} customers unknown`;
}
