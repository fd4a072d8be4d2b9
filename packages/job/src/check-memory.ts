// A stage that sends its records so many ways that settings.memoryMb has no room for them is refused where the plan is compiled,
// with the line of the operator whose records these are.

import { UsageError } from '@sheaf/protocol';
import { memoryProblem, runOf, type StageGraph, type StageId } from '@sheaf/protocol/graph';
import type { CompiledJob } from './compiled-job.ts';

/** `made`: its stack leads to the job's definition. Throws UsageError. */
export function checkMemory({ graph, notes }: CompiledJob, made: Error | undefined): void {
  const problem = memoryProblem(graph);
  if (problem === null) return;
  const step = mostSent(graph, problem.stage);
  const operator = notes?.operators[problem.stage]?.find(said => said.step >= step && said.made !== null);
  throw new UsageError(problem.text, { cause: operator?.made ?? made });
}

/** The step of a stage whose records leave it most often. */
function mostSent(graph: StageGraph, stage: StageId): number {
  const counts = new Map<number, number>();
  for (const step of graph.stages[stage]?.steps ?? []) {
    if (step.type === 'emit' && runOf(graph, step.edge) === step.edge) counts.set(step.from, (counts.get(step.from) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return most?.[0] ?? 0;
}
