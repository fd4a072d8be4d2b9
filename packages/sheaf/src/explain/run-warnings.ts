// What the measures of a run say that its owner may want to change. Each warning says what, where, and what to do; a threshold
// keeps quiet about what cost nothing.

import { bytesText, durationText } from '../cli/quantities.ts';
import type { Explained, ExplainedEdge, ExplainedStage } from './explained.ts';
import { numberText } from './stage-words.ts';

/** A group of so many values, and so many a key, is worth a combiner. */
const combinableRecordsMin = 100_000;
const valuesPerKeyMin = 10;
/** A task is alone with its work when it has so much more than the middle one, or, of several, more than half; and so much of it. */
const skewTimesMin = 5;
const skewBytesMin = 16 * 1_048_576;
const severalTasksMin = 3;

export function runWarnings(explained: Explained): string[] {
  return explained.stages.flatMap((_, id) => [
    ...combinerWarnings(explained, id),
    ...joinWarnings(explained, id),
    ...skewWarnings(explained, id),
  ]);
}

/** A group that gets many values of each key, none of them folded on the way. */
function combinerWarnings({ stages, edges }: Explained, id: number): string[] {
  const stage = stages[id] as ExplainedStage;
  const { measured } = stage;
  const into = edges.filter(edge => edge.to === id);
  if (stage.keys !== 'group' || measured === null || into.some(edge => edge.combiner !== null || edge.sorted !== '')) return [];
  const { recordsIn, groups, bytesIn } = measured;
  const producers = into.reduce((sum, edge) => sum + (stages[edge.from]?.tasks ?? 0), 0);
  // What a combiner would send at the most: each key once from each task.
  const combined = groups * Math.max(1, producers);
  if (recordsIn < combinableRecordsMin || recordsIn < valuesPerKeyMin * groups || 2 * combined > recordsIn) return [];
  const got = `${stage.name} got ${numberText(recordsIn)} values (${bytesText(bytesIn)}) of ${numberText(groups)} keys`;
  const advice = 'if they can be folded in any order, a combine (in a plan: reduce or aggregate in place of group)';
  return [`${got}: ${advice} would send ${numberText(combined)} at most`];
}

/** A join that read both sides and found no key in both. */
function joinWarnings({ stages, edges }: Explained, id: number): string[] {
  const { name, measured } = stages[id] as ExplainedStage;
  if (measured?.joined === undefined) return [];
  const { keys, left, right } = measured.joined;
  if (keys > 0 || left === null || right === null) return [];
  const namesOf = (from: readonly ExplainedEdge[]): string => from.map(edge => stages[edge.from]?.name).join(', ');
  const into = edges.filter(edge => edge.to === id);
  const [lefts, rights] = [0, 1].map(side => namesOf(into.filter(edge => edge.side === side)));
  const sides =
    lefts === '' ? `with what ${namesOf(into.filter(edge => edge.type === 'broadcast'))} broadcasts` : `of ${lefts} and ${rights}`;
  const examples = `left has ${left}, right has ${right}`;
  return [`${name} (${sides}) found no key on both sides: ${examples}. Keys join when they are equal and of one type`];
}

/** One task of a shuffle that has most of the work. */
function skewWarnings({ stages }: Explained, id: number): string[] {
  const { name, measured, tasks, reads } = stages[id] as ExplainedStage;
  if (measured === null || tasks === null || tasks < 2 || reads.length > 0) return [];
  const { bytes, ms } = measured.task;
  const alone = bytes.max >= skewTimesMin * bytes.median || (tasks >= severalTasksMin && bytes.max > measured.bytesIn / 2);
  if (!alone || bytes.max < skewBytesMin) return [];
  const percent = Math.round((100 * bytes.max) / measured.bytesIn);
  const times = bytes.median === 0 ? '' : `, ${Math.round(bytes.max / bytes.median)} times the median`;
  const took = `It took ${durationText(ms.max)}, the median task ${durationText(ms.median)}`;
  const advice =
    'a key has most of the records: fold before the shuffle (reduce, aggregate), drop the key if it stands for nothing, or add to it';
  return [`${name}: task ${bytes.largest} of ${tasks} read ${bytesText(bytes.max)}, ${percent} % of the bytes${times}. ${took}; ${advice}`];
}
