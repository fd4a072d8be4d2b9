// A queue of work that comes from code: each item is a task of its own, is tried again when it fails, and all results end in
// one file. Here an item is a range of numbers, and the work is to count its primes.
//
//   sheaf run job.ts -p limit=1000000 -p out=primes

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'queue-of-items',
  // `-p` gives texts; z.coerce makes numbers of them.
  params: z.object({ limit: z.coerce.number().int().min(2), flaky: z.coerce.number().default(0), out: z.string() }),

  // An item that fails is tried up to five times, on another worker if there is one; then the job fails and says why.
  settings: { attempts: 5 },

  // Written down once when the job is submitted, so that every attempt sees the same items. Rows of a database or pages of
  // an API come the same way, from an async generator.
  input: p => from.items(() => rangesUpTo(p.limit)),

  *map(range, { params, task }) {
    // Work that depends on others fails now and then: here one item does so on purpose, the first time it is tried.
    if (range.id === params.flaky && task.attempt === 1) throw new Error(`item ${range.id}: the service did not answer`);
    yield [range.id, { ...range, primes: primesIn(range) }];
  },

  // One reducer makes one file, with the items in the order of their keys.
  reducers: 1,
  *reduce(_id, results) {
    for (const result of results) yield result;
  },
  output: p => to.csv(p.out),
});

interface Range {
  readonly id: number;
  readonly from: number;
  readonly to: number;
}

function* rangesUpTo(limit: number): Generator<Range> {
  const size = Math.ceil(limit / 24);
  for (let id = 1, first = 0; first < limit; id++, first += size) yield { id, from: first, to: Math.min(limit, first + size) };
}

/** How many primes there are from `range.from` to `range.to` - 1. */
function primesIn(range: Range): number {
  let primes = 0;
  for (let n = Math.max(2, range.from); n < range.to; n++) if (isPrime(n)) primes += 1;
  return primes;
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}
