// The hot loop of csv: finds the cells of one row among bytes, without making a string. Self-contained, so that a stage may
// have a copy of its own (`new Function` from its source text): it names nothing of this module, and numbers stand for names.
//
// RFC 4180: a cell is either free of quotes or wholly in quotes, where a quote is written twice; inside quotes separators and
// line breaks are text. Rows end at LF or CRLF.

/** Kinds of a cell: plain bytes; in quotes; in quotes with doubled quotes inside. */
export const cellKind = { plain: 0, quoted: 1, doubled: 2 } as const;

/** What is wrong with a row; 0 is nothing. */
export const rowProblem = { none: 0, quoteInCell: 1, textAfterQuote: 2, unterminated: 3 } as const;

/** Head of the row's table, before three numbers a cell: from, to, kind. */
export const rowHead = { cells: 0, problem: 1, place: 2, stop: 3, size: 4 } as const;

/** A table for rows of up to `cells` cells; further ones are counted and not kept. */
export function rowTable(cells: number): Int32Array {
  return new Int32Array(rowHead.size + 3 * cells);
}

/**
 * Reads the row at `at` into `table` and gives the index behind its line end; -1 when the row is not whole in [at, end) and
 * more bytes follow. `flags`: 1 no byte follows, 2 line breaks may stand inside quotes. A blank line has no cells.
 * The table's head: number of cells, problem, its index, index of the row's line end (a CR before LF belongs to it).
 */
// biome-ignore lint/complexity/useMaxParams: a byte kernel, called for every row.
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: self-contained, so that its source text can be instantiated.
export function scanCsvRow(bytes: Uint8Array, at: number, end: number, separator: number, flags: number, table: Int32Array): number {
  const final = (flags & 1) !== 0;
  const multiline = (flags & 2) !== 0;
  const lastSlot = table.length - 3;
  let slot = 4;
  let cells = 0;
  let problem = 0;
  let place = at;
  let i = at;
  let stop = -1;
  while (problem === 0) {
    let from = i;
    let to = i;
    let kind = 0;
    let byte = i < end ? (bytes[i] as number) : -1;
    if (byte === 34) {
      kind = 1;
      from = ++i;
      for (;;) {
        while (i < end) {
          byte = bytes[i] as number;
          if (byte === 34 || (byte === 10 && !multiline)) break;
          i++;
        }
        if (i >= end || byte !== 34) {
          if (i >= end && !final) return -1;
          problem = 3;
          place = from - 1;
          break;
        }
        to = i++;
        if (i >= end && !final) return -1;
        if (i >= end || bytes[i] !== 34) break;
        kind = 2;
        i++;
      }
      if (problem !== 0) break;
      byte = i < end ? (bytes[i] as number) : -1;
      if (byte === 13) {
        if (i + 1 >= end && !final) return -1;
        if (i + 1 < end && bytes[i + 1] === 10) {
          stop = i++;
          byte = 10;
        }
      }
      if (byte !== separator && byte !== 10 && byte !== -1) {
        problem = 2;
        place = i;
      }
    } else {
      while (byte !== separator && byte !== 10 && byte !== 34) {
        if (++i >= end) {
          if (!final) return -1;
          byte = -1;
          break;
        }
        byte = bytes[i] as number;
      }
      to = i < end ? i : end;
      if (byte === 10 && to > from && bytes[to - 1] === 13) stop = --to;
      if (byte === 34) {
        problem = 1;
        place = i;
      }
    }
    if (slot <= lastSlot) {
      table[slot] = from;
      table[slot + 1] = to;
      table[slot + 2] = kind;
      slot += 3;
    }
    if (problem !== 0) break;
    cells++;
    if (byte !== separator) break;
    i++;
  }
  if (problem !== 0) {
    // The rest of a broken line cannot be told into cells; reading goes on behind its line end.
    while (i < end && bytes[i] !== 10) i++;
    if (i >= end && !final) return -1;
    if (i > at && i < end && bytes[i - 1] === 13) stop = i - 1;
    cells++;
  }
  if (stop < 0) stop = i < end ? i : end;
  if (cells === 1 && problem === 0 && table[6] === 0 && table[4] === table[5]) cells = 0;
  table[0] = cells;
  table[1] = problem;
  table[2] = place;
  table[3] = stop;
  return i < end ? i + 1 : end;
}
