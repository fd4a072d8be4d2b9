// Which partitions a task reads together: against what the rule promises, for any sizes.

import { fc, test } from '@fast-check/vitest';
import { limits } from '@sheaf/protocol';
import type { Count, Stage } from '@sheaf/protocol/graph';
import { describe, expect, it } from 'vitest';
import { coalesce, coalescingOf, stretchBytes } from '../../../packages/coordinator/src/scheduler/coalesce.ts';

const mb = 1_048_576;
type AutoCount = Extract<Count, { type: 'auto' }>;
const rule: AutoCount = { type: 'auto', of: 'source', bytesPerTask: 64 * mb, min: 2, max: 10_000, coalesceBytes: 8 * mb };

/** How many partitions each task reads. */
function taken(partitionBytes: readonly number[], outputs: number, more: Partial<AutoCount> = {}): number[] {
  const partitions = partitionBytes.length;
  const starts = coalesce({ bytes: stretchBytes(partitionBytes), partitions, outputs }, { ...rule, ...more });
  return starts.map((from, task) => (starts[task + 1] ?? partitions) - from);
}

const even = (partitions: number, bytes: number): number[] => new Array<number>(partitions).fill(bytes);

describe('partitions', () => {
  it('of 2 MB in 160 are read by a few tasks', () => {
    expect(taken(even(160, 13_107), 160)).toEqual([40, 40, 40, 40]);
    expect(taken(even(160, 13_107), 16)).toEqual([80, 80]);
    expect(taken(even(160, 0), 0)).toEqual([80, 80]);
  });

  it('that are as large as they were planned have a task each', () => {
    expect(taken(even(10, 64 * mb), 160)).toEqual(even(10, 1));
  });

  it('of which one is large leave it alone', () => {
    const sizes = even(40, 1_000);
    sizes[20] = 100 * mb;
    expect(taken(sizes, 10)).toEqual([20, 1, 19]);
  });

  it('of many map outputs are not read by few tasks, as each output must be looked into for each', () => {
    expect(taken(even(1_000, 100), 1_000).length).toBeGreaterThan(100);
  });

  it('are measured together when there are very many', () => {
    const sizes = even(10_000, mb);
    expect(stretchBytes(sizes).length).toBeLessThanOrEqual(limits.sizedStretchesMax);
    expect(stretchBytes(sizes).reduce((sum, bytes) => sum + bytes, 0)).toBe(10_000 * mb);
    expect(taken(sizes, 1).length).toBeCloseTo(1_251, -1);
    expect(taken(even(10_000, 64 * mb), 1)).toEqual(even(10_000, 1));
  });

  test.prop([fc.array(fc.nat(20 * mb), { minLength: 3, maxLength: 1_200 }), fc.nat(200), fc.integer({ min: 1, max: 3 })], { numRuns: 60 })(
    'go to tasks that read neighbours, all of them, about as much as the rule says',
    (sizes, outputs, min) => {
      const tasks = taken(sizes, outputs, { min });
      expect(tasks.reduce((sum, count) => sum + count, 0)).toBe(sizes.length);
      expect(tasks.every(count => count > 0)).toBe(true);
      expect(tasks.length).toBeGreaterThanOrEqual(min);
      const total = sizes.reduce((sum, bytes) => sum + bytes + outputs * 1_024, 0);
      expect(tasks.length).toBeLessThanOrEqual(Math.max(min, Math.ceil(total / (8 * mb))));
      // No more than an even share, and half of the partitions at both ends.
      const most = Math.max(...sizes, 0) + outputs * 1_024;
      let from = 0;
      for (const count of sizes.length > limits.sizedStretchesMax || tasks.length === min ? [] : tasks) {
        const bytes = sizes.slice(from, from + count).reduce((sum, own) => sum + own + outputs * 1_024, 0);
        expect(bytes).toBeLessThanOrEqual(8 * mb + most);
        from += count;
      }
    },
  );
});

it('a rule is there only for more partitions than tasks that there must be', () => {
  const stage = (count: Count): Stage => ({ name: 's', tasks: { type: 'partitions', count }, outputs: [], steps: [] });
  expect(coalescingOf(stage(rule), 3)).toBe(rule);
  expect(coalescingOf(stage(rule), 2)).toBeNull();
  expect(coalescingOf(stage({ type: 'fixed', count: 40 }), 40)).toBeNull();
  const { coalesceBytes: _, ...each } = rule;
  expect(coalescingOf(stage(each), 40)).toBeNull();
});
