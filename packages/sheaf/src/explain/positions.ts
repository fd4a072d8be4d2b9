// The second half of drawing a graph in layers: where in its row each place stands. A place wants to stand in the middle of its
// neighbours; those of one row keep their order and their distance, and give way to each other as little as there is need.

import type { Place } from './layers.ts';

export interface Laid {
  readonly place: Place;
  /** The middle of its width, and its upper edge. */
  readonly x: number;
  readonly y: number;
  /** A passing edge goes straight down its whole row. */
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly places: ReadonlyMap<Place, Laid>;
}

const gapWidth = 28;
const gapHeight = 22;
const margin = 20;
const passes = 16;
/** How much a place's wish counts in its row. */
const weights = { box: 1, label: 2, pass: 6 } as const;
/** How much a neighbour counts for a wish: an edge is to be straight where it passes, and may bend at its boxes. */
const pulls = { box: 1, label: 8, pass: 8 } as const;

export function layOut(rows: readonly (readonly Place[])[]): Layout {
  const centres = new Map<Place, number>();
  for (const row of rows) spread(row, centres, () => 0);
  for (let pass = 0; pass < passes; pass++) {
    // At first each row follows the one before it; in the end each place stands between all its neighbours.
    const late = pass >= passes / 2;
    const wish = (side: 'above' | 'below') => (place: Place) => {
      return wishOf(place, late ? [...place.above, ...place.below] : place[side], centres);
    };
    for (const row of rows) spread(row, centres, wish('above'));
    for (const row of [...rows].reverse()) spread(row, centres, wish('below'));
  }
  // What passes goes straight down from its label: the bend is at the box where it ends.
  for (const row of rows) {
    spread(row, centres, place => centres.get((place.of.type === 'pass' ? place.above[0] : undefined) ?? place) ?? 0);
  }
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  for (const [place, x] of centres) {
    left = Math.min(left, x - place.width / 2);
    right = Math.max(right, x + place.width / 2);
  }
  const places = new Map<Place, Laid>();
  let y = margin;
  for (const row of rows) {
    const height = Math.max(0, ...row.map(place => place.height));
    // Boxes hang from the upper edge of their row, labels stand in the middle of theirs.
    for (const place of row) {
      const passes = place.of.type === 'pass';
      const lower = place.of.type === 'label' ? (height - place.height) / 2 : 0;
      const x = round((centres.get(place) ?? 0) - left + margin);
      places.set(place, { place, x, y: round(y + lower), height: passes ? height : place.height });
    }
    y += height + gapHeight;
  }
  return { width: Math.ceil(Math.max(0, right - left) + 2 * margin), height: Math.ceil(y - gapHeight + margin), places };
}

/** The middle of its neighbours; without any a place stays where it is. */
function wishOf(place: Place, neighbours: readonly Place[], centres: ReadonlyMap<Place, number>): number {
  let sum = 0;
  let pulled = 0;
  for (const neighbour of neighbours) {
    const pull = place.of.type === 'box' ? 1 : pulls[neighbour.of.type];
    sum += pull * (centres.get(neighbour) ?? 0);
    pulled += pull;
  }
  return pulled === 0 ? (centres.get(place) ?? 0) : sum / pulled;
}

interface Group {
  readonly sum: number;
  readonly weight: number;
  readonly count: number;
}

/**
 * Gives each place of a row the position that it wishes for, or what is nearest to all wishes together: places that would
 * overlap become a group, which stands where its members wish on average, each by its weight.
 */
function spread(row: readonly Place[], centres: Map<Place, number>, wish: (place: Place) => number): void {
  const offsets: number[] = [];
  let offset = 0;
  for (const [at, place] of row.entries()) {
    const before = row[at - 1];
    if (before !== undefined) offset += (before.width + place.width) / 2 + gapWidth;
    offsets.push(offset);
  }
  const groups: Group[] = [];
  for (const [at, place] of row.entries()) {
    const weight = weights[place.of.type];
    let group: Group = { sum: weight * (wish(place) - (offsets[at] ?? 0)), weight, count: 1 };
    for (let last = groups.at(-1); last !== undefined && last.sum / last.weight >= group.sum / group.weight; last = groups.at(-1)) {
      groups.pop();
      group = { sum: last.sum + group.sum, weight: last.weight + group.weight, count: last.count + group.count };
    }
    groups.push(group);
  }
  const shifts = groups.flatMap(({ sum, weight, count }) => new Array<number>(count).fill(sum / weight));
  for (const [at, place] of row.entries()) centres.set(place, (shifts[at] ?? 0) + (offsets[at] ?? 0));
}

/** To a tenth of a pixel: pictures of one plan are the same bytes. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
