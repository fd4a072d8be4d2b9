// Stages and edges in words, as boxes and labels hold them: short lines, of what is planned or of what was measured.

import type { Spread, StageMeasures } from '@sheaf/protocol/messages';
import { bytesText, countText, durationText, plural } from '../cli/quantities.ts';
import type { ExplainedEdge, ExplainedStage } from './explained.ts';

/** `read sales/*.csv → filter → keyBy user → sum amount [combined]; keyBy day → …`: what uses the same records otherwise follows. */
export function operatorsLine({ operators }: Pick<ExplainedStage, 'operators'>): string {
  return operators.map(({ text }, at) => (at === 0 ? text : `${operators[at - 1]?.ends === true ? ';' : ' →'} ${text}`)).join('');
}

/** `4 tasks`. */
export function tasksWords({ tasks }: ExplainedStage): string {
  return tasks === null ? 'tasks later' : plural(tasks, 'task');
}

/** What the stage is planned to read: a line an input. */
export function inputWords({ plan }: ExplainedStage): string[] {
  return (plan?.inputs ?? []).map(({ paths, files, bytes, packed }) => {
    if (paths.length === 0) return 'items made by the job';
    const whole = packed === 0 ? '' : `, ${packed} gz`;
    return `${plural(files, 'file')}, ${bytesText(bytes)}${whole}`;
  });
}

/** What was measured of a stage: nothing before it has run. */
export function measuredWords({ measured, share, tasks, failed }: ExplainedStage): string[] {
  if (measured === null) return [];
  const { recordsIn, bytesIn, recordsOut, bytesOut, taskMs, cpuMs, spilledBytes, task } = measured;
  const percent = share === null ? '' : ` (${percentText(share)})`;
  const lines = [`in ${recordsText(recordsIn)}, ${bytesText(bytesIn)}`];
  if (recordsOut > 0 || bytesOut > 0) lines.push(`out ${recordsText(recordsOut)}, ${bytesText(bytesOut)}`);
  lines.push(`${timeText(wallMsOf(measured))}, tasks ${timeText(taskMs)}${percent}, cpu ${timeText(cpuMs)}`);
  if (tasks !== null && tasks > 1) lines.push(`a task ${threeTimes(task.ms)}, ${three(task.bytes, bytesText)}`);
  if (extraSpills(measured, tasks) > 0) lines.push(`short of memory: spilled ${bytesText(spilledBytes)} in ${measured.spills} pieces`);
  if (failed > 0) lines.push(`${failed} failed ${failed === 1 ? 'attempt' : 'attempts'}`);
  return lines;
}

/** Pieces that were written because memory was short: each task writes one on each edge in any case. */
export function extraSpills({ spills, sent }: StageMeasures, tasks: number | null): number {
  return Math.max(0, spills - sent.length * (tasks ?? 1));
}

/** 12 → '12 ms', 1234 → '1.2 s'. */
export function timeText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : durationText(ms);
}

/** The least, the middle one and the most. */
export function three({ min, median, max }: Spread, words: (value: number) => string): string {
  const texts = [min, median, max].map(words);
  const units = new Set(texts.map(text => text.split(' ').slice(1).join(' ')));
  // One unit of all is said once.
  return units.size === 1 && !units.has('') ? `${texts.map(text => text.split(' ')[0]).join(' · ')} ${[...units][0]}` : texts.join(' · ');
}

/** Likewise of times: all in the unit of the longest. */
export function threeTimes(spread: Spread): string {
  return three(spread, spread.max < 1000 ? timeText : ms => `${(ms / 1000).toFixed(1)} s`);
}

/** From the start of the first task to the end of the last. */
export function wallMsOf({ startedAt, endedAt }: StageMeasures): number {
  return endedAt - startedAt;
}

/** What goes over an edge, and how; and what went. */
export function edgeWords(edge: ExplainedEdge): string[] {
  const lines = [kindWords(edge)];
  if (edge.sorted !== '') lines.push(`values by ${edge.sorted}`);
  if (edge.sent !== null) lines.push(`${recordsText(edge.sent.records)}, ${bytesText(edge.sent.bytes)}`);
  return lines;
}

/** `hash of user, combined`; of what is written with another edge `hash of user, shared`. */
export function kindWords(edge: ExplainedEdge): string {
  return edge.shares === undefined ? wayWords(edge) : `${wayWords(edge)}, shared`;
}

function wayWords({ type, key, combiner }: ExplainedEdge): string {
  const of = key === '' ? '' : ` of ${key}`;
  const combined = combiner === null ? '' : ', combined';
  switch (type) {
    case 'hash':
      return `hash${of}${combined}`;
    case 'range':
      return `range${of}${combined}`;
    case 'function':
      return key === 'in turn' ? 'in turn' : `partition function${of}${combined}`;
    case 'gather':
      return 'to one task';
    case 'sample':
      return 'sample of keys';
    case 'broadcast':
      return 'broadcast to every task';
  }
}

/** 1234567 → '1,234,567'. */
export function numberText(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

export function recordsText(count: number): string {
  return count === 1 ? '1 record' : `${countText(count)} records`;
}

export function percentText(share: number): string {
  return `${Math.round(100 * share)} %`;
}
