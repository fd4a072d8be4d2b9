// Whose record it was that a sink or an edge refused: the last functions of the job that had a hand in it. A key or a value is
// looked at when it is encoded, after the function that yielded it, so the stack of the error does not name it.

import { type AnyFunction, writtenFunction } from '@sheaf/job/open';
import { type FailureCode, FailureError } from '@sheaf/protocol';
import type { FunctionRef, Role, Select, Shuffle, Step } from '@sheaf/protocol/graph';
import { BadKey, KeyTooLarge } from '../../data/bad-key.ts';
import { BadPartition } from '../shuffle/bad-partition.ts';
import type { TaskParts } from '../task-parts.ts';

/** Functions behind which a record is the one it was. */
const handingOn: ReadonlySet<Role> = new Set(['filter', 'partition']);

/** Failures that are found in a record when its function has already handed it over. */
export const refusals: ReadonlySet<FailureCode> = new Set([
  'E_BAD_KEY',
  'E_KEY_TOO_LARGE',
  'E_BAD_VALUE',
  'E_RECORD_TOO_LARGE',
  'E_PARTITION',
  'E_BAD_OUTPUT_RECORD',
]);

/** The functions, the last first, as the user wrote them; none when the steps of the stage leave it open which it was. */
export function recordMakers(code: FailureCode, error: unknown, run: TaskParts): readonly AnyFunction[] {
  // A record of the input that is too large has met no function yet; its place is known to who refused it.
  if (code === 'E_RECORD_TOO_LARGE' && error instanceof FailureError && error.failure.record !== undefined) return [];
  if (error instanceof BadPartition) return writtenOf([error.function], run, false);
  const refusing = stepOf(error);
  const sinks = run.stage.steps.filter(
    (step, at) => run.chain?.active[at] === true && (refusing === null ? canRefuse(step, code) : at === refusing),
  );
  const makers = sinks.map(sink => makersAt(sink, code, { run, part: partOf(error) }));
  const [first = []] = makers;
  if (!makers.every(one => one.map(ref => ref.index).join() === first.map(ref => ref.index).join())) return [];
  const ofKey = code === 'E_BAD_KEY' || code === 'E_KEY_TOO_LARGE';
  return writtenOf(first, run, ofKey);
}

function writtenOf(refs: readonly FunctionRef[], { job }: TaskParts, ofKey: boolean): readonly AnyFunction[] {
  const handed = refs.map(ref => job.functions[ref.index]).filter(found => found !== undefined);
  return handed.map(found => writtenFunction(found, ofKey)).filter(found => found !== null);
}

interface Refused {
  readonly run: TaskParts;
  readonly part: number;
}

function partOf(error: unknown): number {
  return error instanceof BadKey || error instanceof KeyTooLarge ? error.part : 0;
}

function stepOf(error: unknown): number | null {
  return error instanceof BadKey || error instanceof KeyTooLarge ? error.step : null;
}

function canRefuse(step: Step, code: FailureCode): boolean {
  return step.type === (code === 'E_BAD_OUTPUT_RECORD' ? 'write' : 'emit');
}

function makersAt(sink: Step, code: FailureCode, { run, part }: Refused): readonly FunctionRef[] {
  const record = run.chain?.ending ?? makerOf(sink, run.stage.steps);
  const ofRecord = record === null ? [] : [record];
  if (sink.type === 'lookup') return selected(sink.key, ofRecord);
  const edge = sink.type === 'emit' ? run.job.graph.edges[sink.edge] : undefined;
  if (edge?.type !== 'shuffle') return ofRecord;
  const { key, value, combine }: Shuffle = edge.shuffle;
  if (code === 'E_BAD_KEY' || code === 'E_KEY_TOO_LARGE') return selected(key[part]?.select, ofRecord);
  const ofValue = selected(value, ofRecord);
  // A combiner may have made the value, or handed on what the function gave.
  return combine?.type === 'function' ? [...ofValue, combine.function] : ofValue;
}

function selected(select: Select | undefined, ofRecord: readonly FunctionRef[]): readonly FunctionRef[] {
  if (select?.type === 'function') return [select.function, ...ofRecord];
  return select?.type === 'column' && select.said !== undefined ? [select.said, ...ofRecord] : ofRecord;
}

/** The nearest function before a step that makes records of what it is given; null when none did: as read, from a program. */
function makerOf(sink: Step, steps: readonly Step[]): FunctionRef | null {
  let step: Step | undefined = sink;
  while (step !== undefined && 'from' in step) {
    step = steps[step.from];
    if (step?.type === 'group') return step.function;
    if (step?.type === 'call' && !handingOn.has(step.function.role)) return step.function;
    if (step?.type === 'fold') return step.fold.type === 'function' ? step.fold.function : null;
    if (step?.type === 'join') return step.function ?? null;
    if (step?.type === 'pipe') return null;
  }
  return null;
}
