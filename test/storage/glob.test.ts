// The pattern language against a plain backtracking matcher, and braces against their definition.

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { expandBraces, segmentMatcher } from '../../packages/storage/src/files/glob.ts';

/** `*` any characters, `?` one, `[abc]` and `[!abc]` one of or none of: straight from the definition. */
function matches(pattern: readonly string[], name: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return name.length === 0;
  if (head === '*') return matches(rest, name) || (name.length > 0 && matches(pattern, name.slice(1)));
  const [first, ...others] = name;
  if (first === undefined) return false;
  if (head === '?') return matches(rest, others);
  if (head.length > 2 && head.startsWith('[')) {
    const negated = head[1] === '!';
    return head.slice(negated ? 2 : 1, -1).includes(first) !== negated && matches(rest, others);
  }
  return head === first && matches(rest, others);
}

const part = fc.constantFrom('a', 'b', 'a', 'b', '*', '?', '[ab]', '[!a]', '[.*]', '.', '+', '^', '$', '(', '|', '😀', '-');
const name = fc.array(fc.constantFrom('a', 'b', 'c', '.', '+', '^', '$', '(', '|', '😀', '*', '-'), { minLength: 1, maxLength: 6 });

describe('a segment', () => {
  test.prop([fc.array(part, { minLength: 1, maxLength: 6 }), name], { numRuns: 3_000 })('matches as defined', (pattern, characters) => {
    const text = characters.join('');
    const source = pattern.join('');
    const hidden = text.startsWith('.') && !source.startsWith('.');
    expect(segmentMatcher(source)(text)).toBe(!hidden && matches(pattern, characters));
  });

  test.prop([name])('with a backslash before each character matches just that name', characters => {
    const text = characters.join('');
    const matcher = segmentMatcher(characters.map(character => `\\${character}`).join(''));
    if (!text.startsWith('.')) expect(matcher(text)).toBe(true);
    expect(matcher(`${text}x`)).toBe(false);
  });
});

describe('braces', () => {
  type Tree = readonly (string | readonly Tree[])[];
  const { tree } = fc.letrec<{ tree: Tree }>(tie => ({
    tree: fc.array(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('x', 'yz', ''),
        fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
      ),
      { maxLength: 3 },
    ),
  }));
  const spell = (of: Tree): string => of.map(item => (typeof item === 'string' ? item : `{${item.map(spell).join(',')}}`)).join('');
  const expand = (of: Tree): string[] =>
    of.reduce<string[]>(
      (heads, item) => heads.flatMap(head => (typeof item === 'string' ? [head + item] : item.flatMap(expand).map(text => head + text))),
      [''],
    );

  test.prop([tree])('stand for their choices in order', of => {
    const expected = expand(of);
    fc.pre(expected.length <= 500);
    expect(expandBraces(spell(of))).toEqual(expected);
  });

  test('without a comma or unclosed are plain', () => {
    for (const text of ['{a}', '{a', 'a}', '{', '{a,b', '\\{a,b\\}']) expect(expandBraces(text)).toEqual([text]);
    expect(expandBraces('{a}{b,c}')).toEqual(['{a}b', '{a}c']);
    expect(expandBraces('{{a,b}')).toEqual(['{a', '{b']);
  });
});
