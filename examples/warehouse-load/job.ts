// A nightly load of a warehouse: orders (CSV), events of the shop (packed JSON lines) and the table of customers are cleaned, joined,
// added up by day and customer, and written in folders by day. What cannot be used is written too, with the reason.
//
//   sheaf run job.ts -p orders='orders/*.csv' -p events='events/*.jsonl.gz' -p customers=customers.csv -p out=warehouse

import { agg, defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'warehouse-load',
  params: z.object({ orders: z.string(), events: z.string(), customers: z.string(), out: z.string() }),
  plan({ params, read }) {
    const orders = read(from.csv(params.orders, { id: 'text', day: 'text', customer: 'integer', amount: 'text' }, { multiline: false }));
    const events = read(from.jsonl(params.events, { at: 'text', customer: 'integer?', kind: 'text' }));
    const customers = read(from.csv(params.customers, { customer: 'integer', country: 'text' })).keyBy('customer');

    const noAmount = orders.filter(({ amount }) => !isAmount.test(amount)).map(({ id }) => ({ source: 'orders', id, why: 'no amount' }));
    const nobody = events.filter(({ customer }) => customer === null).map(({ at }) => ({ source: 'events', id: at, why: 'no customer' }));
    noAmount.union(nobody).write(to.jsonl(`${params.out}/rejected`));

    const bought = orders
      .filter(({ amount }) => isAmount.test(amount))
      .keyBy(['day', 'customer'])
      .aggregate({ orders: agg.count(), cents: agg.sum(({ amount }) => Number(amount.replace('.', ''))) });
    const seen = events
      .filter(({ customer }) => customer !== null)
      .keyBy(({ at, customer }) => [at.slice(0, 'YYYY-MM-DD'.length), customer ?? 0])
      .aggregate({ events: agg.count(), searches: agg.sum(({ kind }) => (kind === 'search' ? 1 : 0)) });

    bought
      .fullJoin(seen)
      .mapValues(({ left, right }) => ({ ...(left ?? { orders: 0, cents: 0 }), ...(right ?? { events: 0, searches: 0 }) }))
      .rows(['day', 'customer'])
      .keyBy('customer')
      .leftJoin(customers, { broadcast: true })
      .entries()
      .map(([, { left, right }]) => ({ ...left, country: right?.country ?? null }))
      .write(to.csv(`${params.out}/days`), { partitionBy: 'day' });
  },
});

const isAmount = /^\d+\.\d\d$/;
