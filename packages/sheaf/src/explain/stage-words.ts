// Stages and edges in words, as boxes and labels hold them: short lines, of what is planned or of what was measured.

import type { StageMeasures } from '@sheaf/protocol/messages';
import { bytesText, countText, durationText, plural } from '../cli/quantities.ts';
import type { ExplainedEdge, ExplainedStage } from './explained.ts';

/** `read sales/*.csv → filter → keyBy user → sum amount [combined]`. */
export function operatorsLine({ operators }: Pick<ExplainedStage, 'operators'>): string {
  return operators.map(({ text }) => text).join(' → ');
}

/** `4 tasks`. */
export function tasksWords({ tasks }: ExplainedStage): string {
  return tasks === null ? 'tasks: later' : plural(tasks, 'task');
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
  lines.push(`${durationText(wallMsOf(measured))}, tasks ${durationText(taskMs)}${percent}, cpu ${durationText(cpuMs)}`);
  if (tasks !== null && tasks > 1)
    lines.push(`a task ${[task.ms.min, task.ms.median, task.ms.max].map(ms => (ms / 1000).toFixed(1)).join(' · ')} s`);
  if (spilledBytes > 0) lines.push(`spilled ${bytesText(spilledBytes)}`);
  if (failed > 0) lines.push(`${failed} failed ${failed === 1 ? 'attempt' : 'attempts'}`);
  return lines;
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

/** `shuffle by hash of user, combined`. */
export function kindWords({ type, key, combiner }: ExplainedEdge): string {
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

export function recordsText(count: number): string {
  return count === 1 ? '1 record' : `${countText(count)} records`;
}

export function percentText(share: number): string {
  return `${Math.round(100 * share)} %`;
}
