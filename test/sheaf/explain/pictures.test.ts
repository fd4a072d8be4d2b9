// DOT and SVG: golden pictures of a plan and of a run, and by property, that no text of a job breaks out of them.
// UPDATE=1 writes the golden files anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { dotOf } from '../../../packages/sheaf/src/explain/dot.ts';
import type { Explained } from '../../../packages/sheaf/src/explain/explained.ts';
import { svgOf } from '../../../packages/sheaf/src/explain/svg.ts';
import { planned, ran } from './sample.ts';

function expectGolden(name: string, text: string): void {
  const path = new URL(`./testdata/${name}`, import.meta.url).pathname;
  if (process.env.UPDATE === '1') writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}

/** The sample with other words everywhere. */
function withWords(words: readonly string[]): Explained {
  let at = 0;
  const next = (): string => words[at++ % words.length] ?? '';
  return {
    ...planned,
    name: next(),
    stages: planned.stages.map(stage => ({
      ...stage,
      name: next(),
      operators: stage.operators.map(() => ({ text: next(), place: next(), ends: false })),
    })),
    edges: planned.edges.map(edge => ({ ...edge, key: next() })),
  };
}

const words = fc.array(fc.string({ unit: 'binary', maxLength: 120 }), { minLength: 1, maxLength: 8 });
/** A string of DOT: everything but a quote and a backslash, which another backslash escapes. */
const dotString = /"(?:[^"\\]|\\.)*"/gs;

describe('a picture in the DOT language', () => {
  it.each([
    ['plan', planned],
    ['run', ran],
  ] as const)('of a %s', (name, explained) => {
    expectGolden(`${name}.dot`, dotOf(explained));
  });

  test.prop([words])('has every text in a string of its own', texts => {
    const rest = dotOf(withWords(texts)).replaceAll(dotString, 'S').trim().split('\n');
    expect(rest[0]).toBe('digraph S {');
    expect(rest.at(-1)).toBe('}');
    for (const line of rest.slice(4, -1)) expect(line).toMatch(/^ {2}s\d+( -> s\d+)? \[(\w+=(S|\w+)(, )?)+\];$/);
  });

  test.prop([fc.stringMatching(/^[ -~]{1,40}$/)])('gives texts back as they were', text => {
    const [, label = ''] = dotOf({ ...planned, name: text }).match(/digraph "((?:[^"\\]|\\.)*)"/s) ?? [];
    expect(label.replaceAll(/\\(.)/g, '$1')).toBe(text);
  });
});

describe('a picture as SVG', () => {
  it.each([
    ['plan', planned, []],
    ['run', ran, ['read: something to say of <it>']],
  ] as const)('of a %s', (name, explained, warnings) => {
    expectGolden(`${name}.svg`, svgOf(explained, warnings));
  });

  test.prop([words])('is well-formed whatever a job is called', texts => {
    const svg = svgOf(withWords(texts), texts);
    // XML 1.0 takes no control characters and no lone surrogates, in whatever form.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(svg).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u);
    const open: string[] = [];
    for (const [tag, close, name, rest] of svg.matchAll(/<(\/?)([a-z]+)((?:\s[\w-]+="[^"<&]*")*)(?:\/)?>/g)) {
      if (close === '/') expect(open.pop()).toBe(name);
      else if (!tag.endsWith('/>')) open.push(`${name}`);
      expect(rest).toBeDefined();
    }
    expect(open).toEqual([]);
    const content = svg.replaceAll(/<\/?[a-z]+(?:\s[\w-]+="[^"<&]*")*\/?>/g, '');
    expect(content).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
  });

  it('clips what is too long for a box', () => {
    const long = 'x'.repeat(500);
    const stages = planned.stages.map(stage => ({ ...stage, name: long, operators: [{ text: long, place: long, ends: true }] }));
    const svg = svgOf({ ...planned, stages }, []);
    for (const [, text = ''] of svg.matchAll(/<text[^>]*>([^<]*)</g)) expect(text.length).toBeLessThan(60);
  });

  it('of a job without stages is a picture too', () => {
    expect(svgOf({ ...planned, stages: [], edges: [] }, [])).toMatch(/^<svg .*<\/svg>\n$/s);
  });
});
