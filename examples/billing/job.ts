// Bills from usage and plans, exact to the cent: amounts are whole numbers (bigint) from the first addition to the last rounding,
// so a second run, on any number of workers, writes the same bytes.
//
//   sheaf run job.ts -p usage='usage/*.csv' -p customers=customers.csv -p plans=plans.csv -p out=bills

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'billing',
  params: z.object({ usage: z.string(), customers: z.string(), plans: z.string(), out: z.string() }),
  plan({ params, read }) {
    const usage = read(from.csv(params.usage, { customer: 'integer', units: 'bigint' }, { multiline: false }));
    const customers = read(from.csv(params.customers, { customer: 'integer', plan: 'text' }));
    // A fee in cents, units that it includes, and the price of a further unit in millionths of a cent.
    const plans = read(from.csv(params.plans, { plan: 'text', fee: 'bigint', included: 'bigint', price: 'bigint' }));

    const used = usage
      .keyBy('customer')
      .mapValues(({ units }) => units)
      .reduce((a, b) => a + b);

    customers
      .keyBy('plan')
      .join(plans.keyBy('plan'), { broadcast: true })
      .entries()
      .map(([, { left: customer, right: plan }]) => ({ ...customer, ...plan }))
      .keyBy('customer')
      .leftJoin(used)
      .mapValues(({ left: { plan, fee, included, price }, right: units = 0n }) => {
        const further = units > included ? units - included : 0n;
        return { plan, units, cents: fee + rounded(further * price, 1_000_000n) };
      })
      .rows('customer')
      .sortBy('customer')
      .write(to.csv(`${params.out}/bills`));

    // Usage that nobody can be billed for is not lost.
    used
      .antiJoin(customers.keyBy('customer'))
      .rows('customer', 'units')
      .write(to.csv(`${params.out}/unknown`));
  },
});

/** To the nearest whole number, halves up. */
function rounded(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}
