// Two hours of requests to four services, one log a service; each has a few minutes in which much fails.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  const random = seededRandom(20);
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  for (const [i, service] of ['accounts', 'carts', 'search', 'mail'].entries()) {
    const outages = [20 + 11 * i, 90 + 3 * i];
    const lines = Array.from({ length: 6_000 }, () => {
      const minute = random.below(120);
      const failing = random.below(100) < (outages.includes(minute) ? 40 : 3);
      const at = new Date(Date.UTC(2025, 2, 5, 13) + minute * 60_000 + random.below(60_000)).toISOString();
      return `${JSON.stringify({ at, service, status: failing ? 503 : 200, ms: 5 + random.below(200) })}\n`;
    });
    writeFileSync(join(logs, `${service}.jsonl`), lines.join(''));
  }
  return { in: join(logs, '*.jsonl') };
}
