// A function that does no more than name a column, as `sale => sale.user`, is taken at its word where the column is known to be
// there: it becomes the column, whose bytes need no record and no call. What else a function may do is never guessed: its source
// text must be one parameter and one property of it.

import type { Column } from '@sheaf/protocol/graph';
import type { AnyFunction } from '../user-function.ts';
import type { Node } from './nodes.ts';
import { sourceColumn } from './plan-checks.ts';
import type { Selector } from './selectors.ts';

const name = String.raw`[A-Za-z_$][\w$]*`;
const property = String.raw`(?:\.(?<plain>${name})|\[\s*(?<quoted>"(?:[^"\\\n]|\\["\\])*")\s*\])`;
const patterns: readonly RegExp[] = [
  String.raw`\(?\s*(?<of>${name})\s*\)?\s*=>\s*\k<of>${property}`,
  String.raw`function\s*(?:${name})?\s*\(\s*(?<of>${name})\s*\)\s*\{\s*return\s+\k<of>${property}\s*;?\s*\}`,
  String.raw`\(\s*\{\s*(?<plain>${name})\s*\}\s*\)\s*=>\s*\k<plain>`,
].map(text => new RegExp(`^${text}$`));

/** The property that a function gives of its one parameter, by its source text; null for one that does anything else. */
export function propertyNamed(by: AnyFunction): string | null {
  const text = Function.prototype.toString.call(by);
  for (const pattern of patterns) {
    const { plain, quoted } = pattern.exec(text)?.groups ?? {};
    if (plain !== undefined) return plain;
    if (quoted !== undefined) return JSON.parse(quoted) as string;
  }
  return null;
}

/** The selector as the column that it names, if its function names one that the records of `node` have as their source gave them. */
export function asColumn(selector: Selector, node: Node, fits: (column: Column) => boolean = () => true): Selector {
  const { written } = selector;
  const named = written === undefined ? null : propertyNamed(written);
  const column = named === null ? null : sourceColumn(node, named);
  if (written === undefined || named === null || column === null || !fits(column)) return selector;
  return {
    ...selector,
    column: named,
    columns: [named],
    select: (functions, role) => ({ type: 'column', name: named, said: functions.add(role, written) }),
  };
}

/** As `asColumn`, of a column that holds a number in every record. */
export function asNumbers(selector: Selector, node: Node): Selector {
  return asColumn(selector, node, ({ type, optional }) => (type === 'number' || type === 'integer') && !optional);
}
