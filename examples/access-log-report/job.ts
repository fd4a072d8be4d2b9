// A report for each day of Apache access logs: hits, bytes, status codes and the slowest paths.
//
//   sheaf run job.ts -p in='logs/access.log*' -p out=report
//
// The logs are in the combined format with the time that was taken, in microseconds, at the end (`%D`):
//   192.0.2.7 - - [05/Mar/2025:13:55:36 +0000] "GET /index.html HTTP/1.1" 200 2326 "-" "curl/8.5.0" 1834

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'access-log-report',
  params: z.object({ in: z.string(), out: z.string() }),

  // Rotated logs are packed: a .gz file is read like any other, in one piece.
  input: p => from.text(p.in),

  *map(line, context) {
    const hit = parseHit(line);
    // What is no hit is counted and left out. `sheaf counters` shows the count, and so does the job's manifest.
    if (hit === undefined) context.count('lines that are no hits');
    else yield [hit.day, reportOf(hit)];
  },

  // The same function serves to combine and to reduce, as it does not matter in which order reports are put together.
  combine: addReports,
  *reduce(day, reports) {
    let report: Report = { hits: 0, bytes: 0, statuses: {}, slowest: [] };
    for (const next of reports) report = addReports(report, next);
    yield { day, ...report };
  },
  output: p => to.jsonl(p.out),
});

interface Hit extends Slow {
  readonly day: string;
  readonly status: string;
  readonly bytes: number;
}

interface Report {
  readonly hits: number;
  readonly bytes: number;
  readonly statuses: { readonly [status: string]: number };
  /** The slowest hit of each path, the slowest path first. */
  readonly slowest: readonly Slow[];
}

interface Slow {
  readonly path: string;
  readonly micros: number;
}

const slowestCount = 5;

function reportOf({ bytes, status, path, micros }: Hit): Report {
  return { hits: 1, bytes, statuses: { [status]: 1 }, slowest: [{ path, micros }] };
}

function addReports(a: Report, b: Report): Report {
  const statuses: { [status: string]: number } = { ...a.statuses };
  for (const [status, hits] of Object.entries(b.statuses)) statuses[status] = (statuses[status] ?? 0) + hits;
  return { hits: a.hits + b.hits, bytes: a.bytes + b.bytes, statuses, slowest: slowestOf([...a.slowest, ...b.slowest]) };
}

/** The first few of distinct paths. Equally slow ones are ordered by path, so that the result does not depend on who came first. */
function slowestOf(hits: Slow[]): Slow[] {
  hits.sort((a, b) => b.micros - a.micros || (a.path < b.path ? -1 : 1));
  const seen = new Set<string>();
  return hits.filter(({ path }) => seen.size < slowestCount && !seen.has(path) && seen.add(path));
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const quoted = '"((?:[^"\\\\]|\\\\.)*)"';
const combined = new RegExp(
  `^\\S+ \\S+ \\S+ \\[(\\d\\d)/(\\w{3})/(\\d{4}):[^\\]]+\\] ${quoted} (\\d{3}) (\\d+|-) ${quoted} ${quoted} (\\d+)$`,
);

/** undefined for a line that is no hit. */
function parseHit(line: string): Hit | undefined {
  const [, date = '', month = '', year = '', request = '', status = '', bytes = '', , , micros = ''] = combined.exec(line) ?? [];
  const [, target] = request.split(' ');
  if (target === undefined || !months.includes(month)) return undefined;
  return {
    day: `${year}-${String(months.indexOf(month) + 1).padStart(2, '0')}-${date}`,
    path: target.replace(/\?.*$/, ''),
    status,
    bytes: bytes === '-' ? 0 : Number(bytes),
    micros: Number(micros),
  };
}
