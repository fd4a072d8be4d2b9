// What a join tells of its keys, by property: how many both sides had, and an example of what only one had; of an anti join and
// a cogroup nothing, as there it may be as it should be.

import { fc, test } from '@fast-check/vitest';
import { type Collection, defineJob, from, type Keyed, to } from 'sheaf';
import { describe, expect, it } from 'vitest';
import { runJob } from '../cluster/inline/run-job.ts';

type Sides = Keyed<number, readonly [number, string]>;
type Joining = (left: Sides, right: Sides) => void;

const out = to.jsonl('out');

/** The `joined` of the stages that have it, for pairs under these keys. */
async function joinedOf(lefts: readonly unknown[], rights: readonly unknown[], joining: Joining) {
  const job = defineJob({
    name: 'joined',
    plan({ read }) {
      const pairs = (keys: readonly unknown[], side: string): Collection<readonly [number, string]> =>
        read(from.items(keys.map(key => [key as number, side] as const)));
      const keyed = (keys: readonly unknown[], side: string): Sides => pairs(keys, side).keyBy(pair => pair[0]);
      joining(keyed(lefts, 'left'), keyed(rights, 'right'));
    },
  });
  const { status } = await runJob(job);
  expect(status.state).toBe('succeeded');
  return status.stages.flatMap(({ measured }) => (measured?.joined === undefined ? [] : [measured.joined]));
}

const keys = fc.array(fc.nat(9), { maxLength: 12 });
const shuffled: readonly (readonly [string, Joining])[] = [
  ['inner', (left, right) => left.join(right).entries().write(out)],
  ['left', (left, right) => left.leftJoin(right).entries().write(out)],
  ['right', (left, right) => left.rightJoin(right).entries().write(out)],
  ['full', (left, right) => left.fullJoin(right).entries().write(out)],
  ['semi', (left, right) => left.semiJoin(right).entries().write(out)],
];

describe.each(shuffled)('a shuffled %s join', (_, joining) => {
  test.prop([keys, keys], { numRuns: 8 })('tells how many keys both sides had, and one that only one had', async (lefts, rights) => {
    const [joined] = await joinedOf(lefts, rights, joining);
    const both = new Set(lefts.filter(key => rights.includes(key)));
    expect(joined?.keys).toBe(both.size);
    for (const [side, own, other] of [
      ['left', lefts, rights],
      ['right', rights, lefts],
    ] as const) {
      const alone = own.filter(key => !other.includes(key)).map(key => `${key} (number)`);
      if (alone.length === 0) expect(joined?.[side]).toBeNull();
      else expect(alone).toContain(joined?.[side]);
    }
  });
});

describe('a join', () => {
  it('whose keys are of two types shows both', async () => {
    const nothing = { keys: 0, left: '7 (number)', right: '"7" (string)' };
    expect(await joinedOf([7], ['7'], (left, right) => left.join(right).entries().write(out))).toEqual([nothing]);
    expect(await joinedOf([7], ['7'], (left, right) => left.join(right, { broadcast: true }).entries().write(out))).toEqual([nothing]);
    expect(await joinedOf([7], ['7'], (left, right) => left.semiJoin(right, { broadcast: true }).entries().write(out))).toEqual([nothing]);
  });

  it('that is a broadcast tells how many records found a partner', async () => {
    const joined = await joinedOf([1, 1, 2, 3], [1, 2, 2], (left, right) => left.leftJoin(right, { broadcast: true }).entries().write(out));
    expect(joined).toEqual([{ keys: 3, left: '3 (number)', right: '1 (number)' }]);
  });

  it('of which nothing can be said says nothing', async () => {
    expect(await joinedOf([1], [2], (left, right) => left.antiJoin(right).entries().write(out))).toEqual([]);
    expect(await joinedOf([1], [2], (left, right) => left.antiJoin(right, { broadcast: true }).entries().write(out))).toEqual([]);
  });
});
