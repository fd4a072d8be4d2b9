// What text and pictures show of a job: its outline, with what is planned before a run or what was measured after it.

import type { JobStatus, Outline, OutlinedEdge, OutlinedStage, StageMeasures } from '@sheaf/protocol/messages';
import { criticalPath } from './critical-path.ts';
import type { StagePlan } from './stage-plan.ts';

export interface Explained {
  readonly name: string;
  /** The run that was measured; null before one. */
  readonly run: { readonly id: string; readonly state: JobStatus['state']; readonly tookMs: number } | null;
  readonly stages: readonly ExplainedStage[];
  readonly edges: readonly ExplainedEdge[];
}

export interface ExplainedStage extends OutlinedStage {
  /** null: not known before the stages in front of it have run. */
  readonly tasks: number | null;
  readonly plan: StagePlan | null;
  readonly measured: StageMeasures | null;
  /** Attempts that failed. */
  readonly failed: number;
  /** Of the time that all tasks took together, 0 to 1; null before a run. */
  readonly share: number | null;
  /** Of the chain of stages that took longest. */
  readonly critical: boolean;
}

export interface ExplainedEdge extends OutlinedEdge {
  /** What went over it. */
  readonly sent: { readonly records: number; readonly bytes: number } | null;
  readonly critical: boolean;
}

/** A job that has not run. */
export function explainPlan(name: string, outline: Outline, plan: readonly StagePlan[]): Explained {
  const stages = outline.stages.map((stage, id): ExplainedStage => {
    const planned = plan[id] ?? null;
    return { ...stage, tasks: planned?.tasks ?? null, plan: planned, measured: null, failed: 0, share: null, critical: false };
  });
  return { name, run: null, stages, edges: outline.edges.map(edge => ({ ...edge, sent: null, critical: false })) };
}

/** What its tasks sent, without what edges share: that was written once. */
function written(measured: StageMeasures | null, { edges }: Outline): StageMeasures | null {
  return measured === null ? null : { ...measured, sent: measured.sent.filter(({ edge }) => edges[edge]?.shares === undefined) };
}

/** A job that has run, or is running: then what is known until now. */
export function explainRun(outline: Outline, status: JobStatus): Explained {
  const measured = status.stages.map(stage => stage.measured ?? null);
  const allMs = measured.reduce((sum, stage) => sum + (stage?.taskMs ?? 0), 0);
  const path = criticalPath(outline.edges, measured);
  const stages = outline.stages.map((stage, id): ExplainedStage => {
    const own = written(measured[id] ?? null, outline);
    const share = own === null ? null : allMs === 0 ? 0 : own.taskMs / allMs;
    const { total = null, failed = 0 } = status.stages[id] ?? {};
    return { ...stage, tasks: total, plan: null, measured: own, failed, share, critical: path.includes(id) };
  });
  const edges = outline.edges.map((edge, id): ExplainedEdge => {
    const sent = measured[edge.from]?.sent.find(one => one.edge === id) ?? null;
    const next = path[path.indexOf(edge.from) + 1];
    return { ...edge, sent, critical: path.includes(edge.from) && next === edge.to };
  });
  const last = Math.max(0, ...measured.map(stage => stage?.endedAt ?? 0));
  const tookMs = Math.max(0, (status.endedAt ?? last) - (status.startedAt ?? status.submittedAt));
  return { name: status.name, run: { id: status.id, state: status.state, tookMs }, stages, edges };
}
