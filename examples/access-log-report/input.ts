// The logs of a week, the older ones rotated and packed, with what stands in real ones: queries, escaped quotes, requests
// that are none, a line cut off.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Random, seededRandom } from '../random.ts';

const paths = [
  '/',
  '/index.html',
  '/search?q=wheat&page=2',
  '/search',
  '/api/orders',
  '/api/users/7',
  '/img/barn.png',
  '/a%20b',
  '/say"it"',
];
const agents = ['Mozilla/5.0 (X11; Linux x86_64)', 'curl/8.5.0', 'a "quoted" agent', '-'];
const statuses = [200, 200, 200, 304, 404, 301, 500];
const days = ['28/Feb/2025', '01/Mar/2025', '02/Mar/2025', '03/Mar/2025', '04/Mar/2025', '05/Mar/2025', '06/Mar/2025'];

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  const random = seededRandom(5);
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const files = [days.slice(4), days.slice(2, 5), days.slice(0, 3)].map(some => logOf(random, some));
  writeFileSync(join(logs, 'access.log'), files[0]!);
  writeFileSync(join(logs, 'access.log.1'), files[1]!);
  writeFileSync(join(logs, 'access.log.2.gz'), gzipSync(files[2]!));
  return { in: join(logs, 'access.log*') };
}

function logOf(random: Random, some: readonly string[]): string {
  const lines = some.flatMap(day => Array.from({ length: 2_500 }, () => lineOf(random, day)));
  return `${lines.join('\n')}\n`;
}

function lineOf(random: Random, day: string): string {
  const chance = random.below(500);
  const escaped = (text: string): string => text.replaceAll('"', '\\"');
  const request = chance === 0 ? '\\x16\\x03\\x01' : `GET ${escaped(random.pick(paths))} HTTP/1.1`;
  const time = [random.below(24), random.below(60), random.below(60)].map(part => String(part).padStart(2, '0')).join(':');
  const status = random.pick(statuses);
  const bytes = status === 304 ? '-' : random.below(50_000);
  const line = `192.0.2.${random.below(256)} - - [${day}:${time} +0000] "${request}" ${status} ${bytes} "-" "${escaped(random.pick(agents))}" ${random.below(2_000_000)}`;
  return chance === 1 ? line.slice(0, 40) : line;
}
