// A job that has run, in words: a table of its stages with what was measured, what each of them is, what went between them, and
// what its owner may want to change.

import { escaped } from '../cli/printable.ts';
import { bytesText, countText, durationText } from '../cli/quantities.ts';
import type { Explained, ExplainedStage } from './explained.ts';
import { runWarnings } from './run-warnings.ts';
import { extraSpills, kindWords, operatorsLine, percentText, recordsText, three, threeTimes, timeText, wallMsOf } from './stage-words.ts';

const headings = ['TASKS', 'TOOK', 'TASK TIME', 'SHARE', 'CPU', 'RECORDS IN', 'BYTES IN', 'RECORDS OUT', 'BYTES OUT', 'SPILLS'];
const spreadHeadings = ['TIME A TASK', 'RECORDS A TASK', 'BYTES A TASK', 'LONGEST', 'LARGEST'];

/** The lines that `explain` prints of a run. */
export function runLines(explained: Explained): string[] {
  const { name, run, stages, edges } = explained;
  const title = run === null ? name : `${name} (${run.id}) ${run.state} in ${durationText(run.tookMs)}`;
  const rows = stages.map(stage => [stageHead(stage), ...figuresOf(explained, stage)]);
  const spreads = stages
    .filter(stage => stage.measured !== null && (stage.tasks ?? 0) > 1)
    .map(stage => [stageHead(stage), ...spreadsOf(stage)]);
  const lines = [escaped(title), ...tableOf(['  STAGE', ...headings], rows)];
  if (stages.some(stage => stage.critical))
    lines.push('* the chain of stages that took longest: the job is done much sooner only if one of these is');
  if (spreads.length > 0) lines.push('', ...tableOf(['  MIN · MEDIAN · MAX', ...spreadHeadings], spreads));
  lines.push('');
  for (const stage of stages) if (stage.operators.length > 0) lines.push(escaped(`${stage.name}: ${operatorsLine(stage)}`));
  for (const edge of edges) {
    const sent = edge.sent === null ? '' : `: ${recordsText(edge.sent.records)}, ${bytesText(edge.sent.bytes)}`;
    lines.push(escaped(`${stages[edge.from]?.name} → ${stages[edge.to]?.name}, ${kindWords(edge)}${sent}`));
  }
  lines.push(...runWarnings(explained).map(warning => `warning: ${escaped(warning)}`));
  return lines;
}

function stageHead({ name, critical }: ExplainedStage): string {
  return `${critical ? '*' : ' '} ${escaped(name)}`;
}

/** Of records and bytes out: what was written to outputs and sent to other stages. */
function figuresOf({ edges, stages }: Explained, stage: ExplainedStage): string[] {
  const { measured, tasks, share } = stage;
  if (measured === null) return [tasks === null ? '?' : String(tasks)];
  const leaving = edges
    .filter(edge => stages[edge.from] === stage && edge.type !== 'sample' && edge.shares === undefined)
    .map(edge => edge.sent);
  const sum = (name: 'records' | 'bytes'): number => leaving.reduce((total, sent) => total + (sent?.[name] ?? 0), 0);
  return [
    String(tasks ?? '?'),
    timeText(wallMsOf(measured)),
    timeText(measured.taskMs),
    share === null ? '' : percentText(share),
    timeText(measured.cpuMs),
    countText(measured.recordsIn),
    bytesText(measured.bytesIn),
    countText(measured.recordsOut + sum('records')),
    bytesText(measured.bytesOut + sum('bytes')),
    extraSpills(measured, tasks) === 0 ? '-' : String(measured.spills),
  ];
}

function spreadsOf({ measured }: ExplainedStage): string[] {
  if (measured === null) return [];
  const { ms, records, bytes } = measured.task;
  return [threeTimes(ms), three(records, countText), three(bytes, bytesText), `task ${ms.largest}`, `task ${bytes.largest}`];
}

/** The first column to the left, figures to the right. */
function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)));
  return all.map(row =>
    heads
      .map((_, column) =>
        column === 0 ? (row[column] ?? '').padEnd(widths[column] ?? 0) : (row[column] ?? '').padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
