// Patterns of paths: `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}` (nested too) and `**` for any number of folders; a backslash takes
// the next character as it is. No I/O here: list-files.ts walks the folders segment by segment.
// What must stay true: a name that starts with `_` or `.` is matched only by a segment that starts with that very character.

import { limits, UsageError } from '@sheaf/protocol';

/** One step of a pattern between two slashes. */
export type Segment =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'match'; readonly source: string; readonly matches: (name: string) => boolean }
  /** `**`: this folder and every folder below it that is not hidden. */
  | { readonly type: 'folders' };

/** True when the path means more than itself. */
export function hasGlob(path: string): boolean {
  return /[*?[{]/.test(path);
}

/** True for names that a listing leaves out unless they are named themselves. */
export function isHidden(name: string): boolean {
  return name.startsWith('_') || name.startsWith('.');
}

/** The patterns that an absolute pattern with braces stands for, each as its segments. */
export function parseGlob(pattern: string): Segment[][] {
  return expandBraces(pattern).map(parseSegments);
}

function parseSegments(pattern: string): Segment[] {
  const segments: Segment[] = [];
  for (const source of pattern.split('/')) {
    if (source === '' || source === '.') continue;
    if (source === '**') {
      if (segments.at(-1)?.type !== 'folders') segments.push({ type: 'folders' });
    } else if (/[*?[]/.test(source)) segments.push({ type: 'match', source, matches: segmentMatcher(source) });
    else segments.push({ type: 'name', name: source.replace(/\\(.)/gsu, '$1') });
  }
  // `a/**` means all files below: the last step must name something.
  if (segments.at(-1)?.type === 'folders') segments.push({ type: 'match', source: '*', matches: segmentMatcher('*') });
  return segments;
}

/** Whether a name fits one segment of a pattern (no slash in either). */
export function segmentMatcher(source: string): (name: string) => boolean {
  const expression = toRegExp(source);
  const first = source.charAt(0);
  return name => (!isHidden(name) || name.charAt(0) === first) && expression.test(name);
}

function toRegExp(source: string): RegExp {
  const characters = [...source];
  let expression = '';
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    if (character === '*') {
      while (characters[at + 1] === '*') at++;
      expression += '.*';
    } else if (character === '?') expression += '.';
    else if (character === '\\' && at + 1 < characters.length) expression += quote(characters[++at] as string);
    else if (character === '[') {
      const set = readSet(characters, at, source);
      expression += set?.expression ?? quote(character);
      at = set?.last ?? at;
    } else expression += quote(character);
  }
  return new RegExp(`^(?:${expression})$`, 'su');
}

/** `[…]` from its bracket on; null when it never closes, so that the bracket stands for itself. */
function readSet(characters: readonly string[], open: number, source: string): { expression: string; last: number } | null {
  let at = open + 1;
  const negated = characters[at] === '!' || characters[at] === '^';
  if (negated) at++;
  const members: string[] = [];
  // A closing bracket that comes first is a member.
  for (; at < characters.length && (characters[at] !== ']' || members.length === 0); at++) {
    if (characters[at] === '\\' && at + 1 < characters.length) at++;
    members.push(characters[at] as string);
  }
  if (at >= characters.length) return null;
  let expression = negated ? '[^' : '[';
  for (let i = 0; i < members.length; i++) {
    const from = members[i] as string;
    const to = members[i + 2];
    if (members[i + 1] === '-' && to !== undefined) {
      if ((from.codePointAt(0) ?? 0) > (to.codePointAt(0) ?? 0)) {
        throw new UsageError(`${source}: the range ${from}-${to} is the wrong way round`);
      }
      expression += `${quote(from)}-${quote(to)}`;
      i += 2;
    } else expression += quote(from);
  }
  return { expression: `${expression}]`, last: at };
}

function quote(character: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(character) ? `\\u{${character.charCodeAt(0).toString(16)}}` : character;
}

/** `a{b,c{d,e}}` → `ab`, `acd`, `ace`. Braces without a comma, or unclosed, stand for themselves. */
export function expandBraces(pattern: string): string[] {
  const group = findBraces(pattern);
  if (group === null) return [pattern];
  const head = pattern.slice(0, group.open);
  const tails = expandBraces(pattern.slice(group.close + 1));
  const expanded: string[] = [];
  for (const choice of group.choices) {
    for (const inner of expandBraces(choice)) {
      for (const tail of tails) expanded.push(head + inner + tail);
      if (expanded.length > limits.globAlternativesMax) {
        throw new UsageError(`${pattern}: its braces stand for more than ${limits.globAlternativesMax} paths; name a folder instead`);
      }
    }
  }
  return expanded;
}

/** The first pair of braces with a comma of its own. */
function findBraces(pattern: string): { open: number; close: number; choices: string[] } | null {
  for (let open = nextOf(pattern, '{', 0); open >= 0; open = nextOf(pattern, '{', open + 1)) {
    let depth = 0;
    let from = open + 1;
    const choices: string[] = [];
    for (let at = open; at < pattern.length; at++) {
      const character = pattern[at];
      if (character === '\\') at++;
      else if (character === '{') depth++;
      else if (character === ',' && depth === 1) {
        choices.push(pattern.slice(from, at));
        from = at + 1;
      } else if (character === '}' && --depth === 0) {
        if (choices.length === 0) break;
        choices.push(pattern.slice(from, at));
        return { open, close: at, choices };
      }
    }
  }
  return null;
}

function nextOf(pattern: string, character: string, from: number): number {
  for (let at = from; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern[at] === character) return at;
  }
  return -1;
}
