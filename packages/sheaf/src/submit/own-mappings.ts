// The part of a source map that is of the user's own files. A bundle's map is nearly all of packages, and half a megabyte of it
// takes longer to decode than most plans to make: so what nobody asks for is stepped over, and only the rest becomes objects.

import { TraceMap } from '@jridgewell/trace-mapping';

/** As much of a source map as is looked at. */
interface RawMap {
  readonly mappings: string;
  readonly sources: readonly (string | null)[];
  readonly ignoreList?: readonly number[];
}

type Segment = [column: number, source: number, line: number, sourceColumn: number];

/** As plain values, which are kept with a bundle. */
export interface OwnMap {
  /** The user's files. */
  readonly own: readonly string[];
  readonly linesOfBundle: number;
  /** Those lines of the bundle that are of the user's files. */
  readonly lines: readonly (readonly [line: number, segments: readonly Segment[]])[];
}

export interface OwnSources {
  /** Knows the lines of the bundle that are of `own`, and no others. */
  readonly map: TraceMap;
  readonly own: readonly string[];
}

/** Reads the map of a bundle, without the sources on its ignore list. */
export function ownMapOf(sourceMap: Uint8Array): OwnMap {
  const { mappings, sources, ignoreList = [] } = JSON.parse(new TextDecoder().decode(sourceMap)) as RawMap;
  const ignored = new Set(ignoreList);
  const own: string[] = [];
  const ownAt = Int32Array.from(sources, (source, at) => (source === null || ignored.has(at) ? -1 : own.push(source) - 1));
  const segments = segmentsOf(mappings, ownAt);
  const lines = segments.flatMap((of, line): OwnMap['lines'][number][] => (of.length === 0 ? [] : [[line, of]]));
  return { own, linesOfBundle: segments.length, lines };
}

/** What looks places up. */
export function ownSourcesOf({ own, linesOfBundle, lines }: OwnMap): OwnSources {
  const mappings: Segment[][] = Array.from({ length: linesOfBundle }, () => []);
  for (const [line, segments] of lines) mappings[line] = [...segments];
  return { map: new TraceMap({ version: 3, sources: [...own], names: [], mappings }), own };
}

const [comma, semicolon] = [44, 59];
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const digitValues = new Uint8Array(128);
for (let at = 0; at < digits.length; at += 1) digitValues[digits.charCodeAt(at)] = at;

/** Each number is a difference to the last of its kind: in base64, five bits a digit, the lowest first, the sign lowest of all. */
function segmentsOf(mappings: string, ownAt: Int32Array): Segment[][] {
  const lines: Segment[][] = [[]];
  let [column, source, line, sourceColumn] = [0, 0, 0, 0];
  let [field, shift, number] = [0, 0, 0];
  for (let at = 0; at <= mappings.length; at += 1) {
    const code = at === mappings.length ? semicolon : mappings.charCodeAt(at);
    if (code === comma || code === semicolon) {
      const own = field >= 4 ? (ownAt[source] ?? -1) : -1;
      if (own >= 0) lines.at(-1)?.push([column, own, line, sourceColumn]);
      field = 0;
      if (code === comma || at === mappings.length) continue;
      column = 0;
      lines.push([]);
      continue;
    }
    const digit = digitValues[code] as number;
    number |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    const difference = (number & 1) === 1 ? -(number >>> 1) : number >>> 1;
    if (field === 0) column += difference;
    else if (field === 1) source += difference;
    else if (field === 2) line += difference;
    else if (field === 3) sourceColumn += difference;
    field += 1;
    shift = 0;
    number = 0;
  }
  return lines;
}
