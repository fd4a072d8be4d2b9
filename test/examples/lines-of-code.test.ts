// What the README says of the length of the examples is so, and every example is in it.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const examples = new URL('../../examples/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, examples), 'utf8');
const names = readdirSync(examples, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name);

/** Lines that are neither blank nor comment. */
function linesOfCode(text: string): number {
  return text.split('\n').filter(line => !/^\s*(\/\/|\/\*|$)/.test(line)).length;
}

test('the tables of lines of code count each job right', () => {
  const rows = ['README.md', '../README.md'].flatMap(path => [...read(path).matchAll(/^\| \[?([a-z-]+)(?:\]\(.*\))? +\| +(\d+) \|/gm)]);
  expect(rows.length).toBeGreaterThan(25);
  for (const [, name, lines] of rows) expect(Number(lines), name).toBe(linesOfCode(read(`${name}/job.ts`)));
});

test('every example is described in the README', () => {
  const described = [...read('README.md').matchAll(/^\| \[([a-z-]+)\]\(\1\/job\.ts\)/gm)].map(([, name]) => name);
  expect(described.sort()).toEqual(names.sort());
});

test('a job needs nothing beside it, and says how it is run', () => {
  for (const name of names) {
    expect(read(`${name}/job.ts`), name).not.toMatch(/from '\./);
    expect(read(`${name}/job.ts`), name).toMatch(/^\/\/ {3}sheaf run job\.ts /m);
  }
});
