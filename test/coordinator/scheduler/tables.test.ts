// The scheduler's packed tables, each against the plain structure that it stands for.

import { fc, test } from '@fast-check/vitest';
import { parseAttemptId } from '@sheaf/protocol';
import { splitAt } from '@sheaf/protocol/graph';
import { planSplits } from '@sheaf/storage';
import { describe, expect, it } from 'vitest';
import { CounterTable } from '../../../packages/coordinator/src/scheduler/counter-table.ts';
import { IndexSet } from '../../../packages/coordinator/src/scheduler/index-set.ts';
import { LocationLog } from '../../../packages/coordinator/src/scheduler/location-log.ts';
import { SplitTable } from '../../../packages/coordinator/src/scheduler/split-table.ts';
import { TaskTable } from '../../../packages/coordinator/src/scheduler/task-table.ts';

describe('IndexSet', () => {
  const capacities = fc.constantFrom(1, 31, 32, 33, 1024, 1025, 40_000);

  test.prop([capacities, fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 200 })])(
    'is a set with its lowest members at hand',
    (capacity, changes) => {
      const set = new IndexSet(capacity);
      const plain = new Set<number>();
      for (const [adds, number] of changes) {
        const index = number % capacity;
        if (adds) set.add(index);
        else set.delete(index);
        if (adds) plain.add(index);
        else plain.delete(index);
      }
      expect(set.size).toBe(plain.size);
      const found: number[] = [];
      for (let at = set.next(0); at !== -1; at = set.next(at + 1)) found.push(at);
      expect(found).toEqual([...plain].sort((a, b) => a - b));
      for (const [, number] of changes) expect(set.has(number % capacity)).toBe(plain.has(number % capacity));
    },
  );

  it('is empty without a capacity, and refuses what it cannot hold', () => {
    expect(new IndexSet(0).next(0)).toBe(-1);
    expect(() => new IndexSet(5).add(5)).toThrow('index 5 of 5');
  });
});

describe('CounterTable', () => {
  const number = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.double({ noNaN: true }), fc.constantFrom(0, 127, 128, 2 ** 51, -1, 0.5));
  const rows = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.array(number, { maxLength: 14 })), { maxLength: 40 });

  test.prop([rows])('gives the last row of each task', sets => {
    const table = new CounterTable(5);
    const plain = new Map<number, readonly number[]>();
    for (const [task, row] of sets) {
      table.set(task, row);
      plain.set(task, row);
    }
    for (let task = 0; task < 5; task++) expect(table.get(task)).toEqual(plain.get(task) ?? []);
  });
});

describe('LocationLog', () => {
  test.prop([fc.array(fc.nat({ max: 9 }), { maxLength: 400 }), fc.nat({ max: 400 })])(
    'tells each change once, the last one of each task',
    (tasks, told) => {
      const log = new LocationLog(10);
      let from = 0;
      tasks.forEach((task, i) => {
        log.add(task);
        if (i + 1 === told) from = log.end;
      });
      const later = from === 0 ? tasks : tasks.slice(told);
      const expected = later.filter((task, i) => later.lastIndexOf(task) === i);
      expect([...log.since(from)]).toEqual(expected);
      expect([...log.since(log.end)]).toEqual([]);
    },
  );
});

describe('SplitTable', () => {
  const piece = fc.record({ file: fc.nat({ max: 3 }), from: fc.nat(), to: fc.maxSafeNat() });
  const splits = fc.array(fc.record({ input: fc.nat({ max: 1 }), pieces: fc.array(piece, { maxLength: 4 }) }), { maxLength: 20 });
  const files = [0, 1].map(input => [0, 1, 2, 3].map(i => ({ path: `/in${input}/${i}`, size: 1, modifiedMs: 0, packed: null })));

  test.prop([splits])('keeps the splits of a plan, and gives a task just the files that it reads', planned => {
    const table = new SplitTable(planned, files);
    planned.forEach((split, i) => {
      expect(table.split(i)).toEqual(split);
      const assigned = table.assigned(i);
      expect(new Set(assigned.files.map(file => file.path)).size).toBe(assigned.files.length);
      const read = assigned.pieces.map(({ file, from, to }) => [assigned.files[file]?.path, from, to]);
      expect(read).toEqual(split.pieces.map(({ file, from, to }) => [`/in${split.input}/${file}`, from, to]));
    });
  });

  test.prop([fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40 })])(
    'knows the splits of items by their rule',
    (items, perTask) => {
      fc.pre(items > perTask);
      const spelled = planSplits([{ type: 'items', count: items, perTask }], 64);
      const rule = { items, perTask };
      const [ruled, listed] = [rule, spelled].map(planned => new SplitTable(planned, files));
      expect(ruled?.count).toBe(spelled.length);
      spelled.forEach((_, i) => void expect(ruled?.assigned(i)).toEqual(listed?.assigned(i)));
      expect(splitAt(rule, spelled.length)).toBeNull();
      // What a snapshot says of it.
      expect(ruled?.planned).toEqual(rule);
      expect(listed?.planned).toEqual(spelled);
    },
  );
});

describe('TaskTable', () => {
  it('keeps the attempt that counts and its outputs', () => {
    const table = new TaskTable(3, [4, 7]);
    const outputs = [
      { edge: 4, hash: '0123456789abcdef0123456789abcdef', bytes: 10, rawBytes: 2 ** 40, records: 5 },
      { edge: 7, hash: 'ff'.repeat(16), bytes: 0, rawBytes: 3, records: 0 },
    ];
    table.setWinner(1, parseAttemptId('12.345'), outputs);
    expect(table.winner(1)).toBe('12.345');
    expect(table.winner(0)).toBe(null);
    expect(table.outputs(1)).toEqual(outputs);
    expect(table.rawTotal(4)).toBe(2 ** 40);
  });
});
