// A plan as it will run. What hangs on files, which checkpoints are there, which joins have a small side and which csv files
// are large enough to be cut, is looked up here, once,
// for every way of running a job and for `explain`.

import { type CompiledJob, type Decided, decidedJoins, isUndecided, type OpenedJob } from '@sheaf/job/open';
import { type Checkpointed, decideCheckpoints } from './checkpoints.ts';
import { decideScans } from './large-csv.ts';
import { decideJoins } from './small-joins.ts';

export interface DecidedOf extends Checkpointed {
  readonly job: OpenedJob;
  readonly params: unknown;
}

/** Runs the plan, and again as it was decided where there is something to decide. Throws UsageError. */
export async function compileDecided(of: DecidedOf): Promise<CompiledJob> {
  const compiled = of.job.compile(of.params);
  if (!isUndecided(compiled)) return compiled;
  const checkpoints = await decideCheckpoints(compiled, of);
  const joins = await decideJoins(compiled.joins ?? [], { cwd: of.cwd, splitBytes: compiled.graph.settings.splitMb * 1_048_576 });
  const scans = await decideScans(compiled.graph, of.cwd);
  return compiledAs(of, { checkpoints, joins, scans });
}

/**
 * A join that cannot be a lookup after all stays as it is, and so do all where the stages that they lead to would not have the memory:
 * executors see only lookups that are there.
 */
function compiledAs(of: DecidedOf, decided: Decided): CompiledJob {
  const { job, params } = of;
  const asked = Object.keys(decided.joins);
  try {
    const compiled = job.compile(params, decided);
    const made = decidedJoins(compiled.graph);
    const kept = asked.filter(join => Object.hasOwn(made, join));
    if (kept.length === asked.length) return compiled;
    return compiledAs(of, { ...decided, joins: Object.fromEntries(kept.map(join => [join, decided.joins[Number(join)] as string])) });
  } catch (error) {
    // By its name: a program's job has a class of its own.
    if (asked.length === 0 || !(error instanceof Error && error.name === 'UsageError')) throw error;
    return compiledAs(of, { ...decided, joins: {} });
  }
}
