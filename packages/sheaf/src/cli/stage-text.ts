// How one stage of a job reads on a line of progress: counts, and rates over the last seconds.

import type { JobStatus, StageStatus } from '@sheaf/protocol/messages';
import { bytesText, countText } from './quantities.ts';

/** Records and bytes per second of each stage, over the last seconds. */
export class Rates {
  private readonly samples: { readonly at: number; readonly stages: readonly StageStatus[] }[] = [];

  update(status: JobStatus, at: number): void {
    this.samples.push({ at, stages: status.stages });
    while (this.samples.length > 2 && at - (this.samples[0]?.at ?? at) > 3_000) this.samples.shift();
  }

  /** Per second; zeros until there are two samples. */
  of(name: string): { readonly records: number; readonly bytes: number } {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    const from = first?.stages.find(stage => stage.name === name);
    const to = last?.stages.find(stage => stage.name === name);
    if (!first || !last || !from || !to || last.at <= first.at) return { records: 0, bytes: 0 };
    const perSecond = 1000 / (last.at - first.at);
    return { records: (to.records - from.records) * perSecond, bytes: (to.bytes - from.bytes) * perSecond };
  }
}

/** Tasks done and running, attempts failed, records, and how fast. */
export function stageText(stage: StageStatus, rates: Rates): string {
  const parts = [`${stage.done}/${stage.total ?? '?'}`];
  if (stage.running > 0) parts.push(`${stage.running} running`);
  if (stage.failed > 0) parts.push(`${stage.failed} failed`);
  if (stage.records > 0) parts.push(stage.records === 1 ? '1 record' : `${countText(stage.records)} records`);
  const rate = rates.of(stage.name);
  if (stage.running > 0 && rate.bytes >= 1) parts.push(`${countText(rate.records)}/s`, `${bytesText(rate.bytes)}/s`);
  return parts.join(' · ');
}

/** How many records a job has skipped; '' when none. */
export function skippedText({ skipped }: JobStatus): string {
  return skipped === undefined || skipped.records === 0 ? '' : ` · ${countText(skipped.records)} skipped`;
}

/** The share of tasks done as a bar of 10 cells. */
export function barOf(stage: StageStatus): string {
  const cells = 10;
  const full = stage.total === null || stage.total === 0 ? 0 : Math.floor((stage.done / stage.total) * cells);
  return `${'█'.repeat(full)}${'░'.repeat(cells - full)}`;
}

export function isDone(stage: StageStatus): boolean {
  return stage.total !== null && stage.done >= stage.total;
}

export function hasBegun(stage: StageStatus): boolean {
  return stage.done + stage.running + stage.failed > 0;
}
