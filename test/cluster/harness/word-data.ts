// The text that the jobs of these tests count: the same for everyone, large enough for six map tasks at splitMb 1.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const files = 6;
const linesPerFile = 8_000;
/** Long words make bytes, which cut splits, without making many records. */
const padding = 'overandoveragain'.repeat(3);

/** Writes the files; gives the pattern that finds them. */
export function writeWords(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (let file = 0; file < files; file++) {
    const lines = Array.from({ length: linesPerFile }, (_, line) => {
      const seed = (file * linesPerFile + line) * 7;
      return `the ${wordOf(seed)} ${wordOf(seed * 31)} ${padding}${seed % 50}`;
    });
    writeFileSync(join(folder, `${file}.txt`), `${lines.join('\n')}\n`);
  }
  return join(folder, '*.txt');
}

function wordOf(seed: number): string {
  return `w${(Math.imul(seed, 2_654_435_761) >>> 0) % 5_000}`;
}
