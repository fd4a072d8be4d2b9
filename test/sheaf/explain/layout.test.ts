// Pictures in layers, by property: of any graph no two things overlap, edges lead down, and the same graph gives the same picture.

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type LayeredEdge, rowsOf, type Size } from '../../../packages/sheaf/src/explain/layers.ts';
import { layOut } from '../../../packages/sheaf/src/explain/positions.ts';

interface Graph {
  readonly boxes: readonly Size[];
  readonly edges: readonly LayeredEdge[];
}

const size = fc.record({ width: fc.integer({ min: 20, max: 400 }), height: fc.integer({ min: 10, max: 200 }) });

/** Up to 40 boxes; edges lead from a lower to a higher one, several perhaps between the same two. */
const graphs: fc.Arbitrary<Graph> = fc
  .array(size, { minLength: 1, maxLength: 40 })
  .chain(boxes =>
    fc
      .array(fc.record({ from: fc.nat(boxes.length - 1), to: fc.nat(boxes.length - 1), label: size }), { maxLength: boxes.length * 2 })
      .map(ends => ({ boxes, edges: ends.filter(({ from, to }) => from < to) })),
  );

describe('a graph in layers', () => {
  test.prop([graphs], { numRuns: 60 })('has everything once, and nothing over something else', ({ boxes, edges }) => {
    const layout = layOut(rowsOf(boxes, edges));
    const laid = [...layout.places.values()];
    const of = (type: string): number[] =>
      laid
        .filter(({ place }) => place.of.type === type)
        .map(({ place }) => place.of.id)
        .sort((a, b) => a - b);
    expect(of('box')).toEqual(boxes.map((_, id) => id));
    expect(of('label')).toEqual(edges.map((_, id) => id));
    for (const [at, { place, x, y, height }] of laid.entries()) {
      expect(x - place.width / 2).toBeGreaterThanOrEqual(0);
      expect(x + place.width / 2).toBeLessThanOrEqual(layout.width);
      expect(y + height).toBeLessThanOrEqual(layout.height);
      for (const other of laid.slice(at + 1)) {
        const beside = Math.abs(other.x - x) >= (place.width + other.place.width) / 2;
        expect(beside || other.y >= y + height || y >= other.y + other.height).toBe(true);
      }
    }
  });

  test.prop([graphs], { numRuns: 40 })('leads every edge down, from its box over its label to its other box', ({ boxes, edges }) => {
    const rows = rowsOf(boxes, edges);
    for (const [id, { from, to }] of edges.entries()) {
      const way = rows.flat().filter(({ of }) => of.type !== 'box' && of.id === id);
      const [first] = way;
      expect(first?.of.type).toBe('label');
      expect(first?.above.map(({ of }) => of)).toEqual([{ type: 'box', id: from }]);
      expect(way.at(-1)?.below.map(({ of }) => of)).toEqual([{ type: 'box', id: to }]);
      expect(way.map(({ row }) => row)).toEqual(way.map((_, at) => (first?.row ?? 0) + at));
    }
  });

  test.prop([graphs], { numRuns: 20 })('is the same each time', ({ boxes, edges }) => {
    const positions = () => [...layOut(rowsOf(boxes, edges)).places.values()].map(({ x, y }) => [x, y]);
    expect(positions()).toEqual(positions());
  });

  it('draws a chain in a line, and what joins it late right above where it joins', () => {
    const box = { width: 100, height: 40 };
    const edge = (from: number, to: number): LayeredEdge => ({ from, to, label: { width: 50, height: 10 } });
    const rows = rowsOf([box, box, box, box], [edge(0, 1), edge(1, 3), edge(2, 3)]);
    expect(rows.map(row => row.flatMap(({ of }) => (of.type === 'box' ? [of.id] : [])))).toEqual([[0], [], [1, 2], [], [3]]);
  });
});
