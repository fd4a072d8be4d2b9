// The clicks of 200 users in two days, in no order, some of them exactly half an hour apart.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

const minuteMs = 60_000;
const pages = ['/', '/search', '/cart', '/help', '/account'];

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  const random = seededRandom(13);
  const clicks = join(folder, 'clicks');
  mkdirSync(clicks);
  for (const day of [3, 4]) {
    const start = Date.UTC(2025, 2, day);
    const lines = Array.from({ length: 5_000 }, () => {
      const at = new Date(start + random.below(24 * 60) * minuteMs).toISOString();
      return `user-${random.below(200)},${at},${random.pick(pages)}\n`;
    });
    writeFileSync(join(clicks, `2025-03-0${day}.csv`), `user,at,page\n${lines.join('')}`);
  }
  return { in: join(clicks, '*.csv') };
}
