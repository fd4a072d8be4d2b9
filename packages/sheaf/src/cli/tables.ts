// Rows under headings, for what a person asks: columns as wide as their widest cell, numbers to the right.

import { escaped } from './printable.ts';

/** The lines of a table; an empty table is its headings alone. */
export function tableLines(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const texts = rows.map(row => row.map(cell => escaped(String(cell))));
  const widths = headings.map((heading, column) => Math.max(heading.length, ...texts.map(row => row[column]?.length ?? 0)));
  const toRight = headings.map((_, column) => rows.length > 0 && rows.every(row => typeof row[column] === 'number'));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (toRight[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(headings), ...texts.map(line)];
}
