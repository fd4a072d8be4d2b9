// Mistakes that a plan can be told before anything runs. Each check throws where the operator is called, so that the error's
// stack leads to the user's line. What is not known of the records is never guessed: it passes.

import { limits, UsageError } from '@sheaf/protocol';
import type { Column, ColumnType, StageGraph } from '@sheaf/protocol/graph';
import type { KeyedNode, Node } from './nodes.ts';
import { recordSelector } from './selectors.ts';

const numeric: readonly ColumnType[] = ['number', 'integer'];

/** Throws UsageError when the column that is to be summed is known to hold something other than numbers. */
export function checkNumbers(column: string | null, of: KeyedNode, where: string): void {
  if (column === null || of.value !== recordSelector) return;
  const type = sourceColumn(of.node, column)?.type ?? null;
  if (type !== null && !numeric.includes(type)) throw new UsageError(`${where}: column '${column}' is no number, but ${type}.`);
}

/** Whether a column of the value is known to hold numbers, and in every record. */
export function isNumeric(column: string | null, of: KeyedNode): boolean {
  if (column === null || of.value !== recordSelector) return false;
  const found = sourceColumn(of.node, column);
  return found !== null && numeric.includes(found.type) && !found.optional;
}

/** A column as its source has it, where the records are still the source's; null where it is not known. */
export function sourceColumn(node: Node, name: string): Column | null {
  switch (node.type) {
    case 'read': {
      const { source } = node;
      if (source.of !== 'files' || source.calls.length > 0) return null;
      const { format } = source;
      const columns = format.type === 'csv' || format.type === 'jsonl' ? format.columns : null;
      return columns?.find(column => column.name === name) ?? null;
    }
    case 'call':
      return node.role === 'filter' ? sourceColumn(node.from, name) : null;
    case 'top':
    case 'sort':
      return sourceColumn(node.from, name);
    default:
      return null;
  }
}

/** Throws UsageError when `names` are not as many as the columns that the key is of. */
export function checkKeyNames(names: readonly unknown[], of: KeyedNode): void {
  const { keyParts } = of;
  if (keyParts === undefined || keyParts === names.length) return;
  const count = (n: number): string => `${n} ${n === 1 ? 'name' : 'names'}`;
  throw new UsageError(`rows: the key has ${keyParts} parts, but there ${names.length === 1 ? 'is' : 'are'} ${count(names.length)}.`);
}

/** Throws UsageError when a folder is written already, or lies inside one that is, or holds one that is. */
export function checkFolder(folder: string, written: readonly string[]): void {
  const own = plainFolder(folder);
  for (const other of written) {
    const path = plainFolder(other);
    if (path === own)
      throw new UsageError(`two collections are written to '${folder}': write each to a folder of its own, or their union.`);
    const [outer, inner] = inside(own, path) ? [other, folder] : [folder, other];
    if (inside(own, path) || inside(path, own))
      throw new UsageError(`'${inner}' lies inside '${outer}', which is written too: put them side by side in a common parent.`);
  }
}

function inside(inner: string, outer: string): boolean {
  return inner.startsWith(outer === '/' ? outer : `${outer}/`) || (outer === '.' && !inner.startsWith('/') && !inner.startsWith('..'));
}

/** Without `.`, `..` after a name, and doubled or last slashes. */
function plainFolder(folder: string): string {
  const parts: string[] = [];
  for (const part of folder.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  const path = parts.join('/');
  return folder.startsWith('/') ? `/${path}` : path || '.';
}

/** What is wrong with a plan that is larger than a job may be; null for others. */
export function sizeProblem({ stages, edges }: StageGraph): string | null {
  if (stages.length <= limits.stagesMax && edges.length <= limits.edgesMax) return null;
  const most = `at most ${limits.stagesMax} stages and ${limits.edgesMax} shuffles`;
  return `the plan has ${stages.length} stages and ${edges.length} shuffles, a job ${most}: give a loop fewer rounds, or run the job several times.`;
}
