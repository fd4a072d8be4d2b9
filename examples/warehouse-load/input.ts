// Orders and events of a week, one file of each a day, with some amounts and customers missing, and the customers' table, in which
// some are not yet. `-p rows=N` makes so many orders and as many events.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Random, seededRandom } from '../random.ts';

const kinds = ['view', 'view', 'search', 'cart'];
const countries = ['DE', 'FR', 'JP', 'BR', 'KE'];
const people = 5_000;

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string, rows = 35_000): { readonly orders: string; readonly events: string; readonly customers: string } {
  const random = seededRandom(30);
  const [orders, events] = [join(folder, 'orders'), join(folder, 'events')];
  mkdirSync(orders);
  mkdirSync(events);
  for (let date = 1; date <= 7; date++) {
    const day = `2025-03-0${date}`;
    const count = Math.floor(rows / 7);
    writeFileSync(join(orders, `${day}.csv`), `id,day,customer,amount,note\n${linesOf(count, i => orderOf(random, `${day}-${i}`, day))}`);
    writeFileSync(
      join(events, `${day}.jsonl.gz`),
      gzipSync(
        linesOf(count, () => eventOf(random, day)),
        { level: 1 },
      ),
    );
  }
  const known = Array.from({ length: people }, (_, customer) => customer).filter(() => random.below(20) > 0);
  writeFileSync(join(folder, 'customers.csv'), `customer,country\n${known.map(one => `${one},${random.pick(countries)}\n`).join('')}`);
  return { orders: join(orders, '*.csv'), events: join(events, '*.jsonl.gz'), customers: join(folder, 'customers.csv') };
}

function linesOf(count: number, line: (index: number) => string): string {
  let text = '';
  for (let i = 0; i < count; i++) text += `${line(i)}\n`;
  return text;
}

function orderOf(random: Random, id: string, day: string): string {
  const amount = random.below(100) === 0 ? 'n/a' : `${random.below(500)}.${String(random.below(100)).padStart(2, '0')}`;
  return `${id},${day},${random.below(people)},${amount},made by the shop's own till`;
}

function eventOf(random: Random, day: string): string {
  const time = [random.below(24), random.below(60), random.below(60)].map(part => String(part).padStart(2, '0')).join(':');
  const customer = random.below(50) === 0 ? null : random.below(people);
  return JSON.stringify({ at: `${day}T${time}Z`, customer, kind: random.pick(kinds), agent: 'Mozilla/5.0 (X11; Linux x86_64)' });
}
