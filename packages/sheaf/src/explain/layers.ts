// The first half of drawing a graph in layers: which row each box is in, and in which order boxes stand in a row. Edges lead
// from a lower to a higher id. Stages have the even rows; in each row between, every edge that passes has a place of its own,
// the first of which holds its label: so no label ever lies on another, nor an edge on a box.

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface LayeredEdge {
  readonly from: number;
  readonly to: number;
  readonly label: Size;
}

/** Something that takes room in a row: a box, or where an edge passes. */
export interface Place extends Size {
  readonly row: number;
  /** A stage's id, or an edge's. */
  readonly of: { readonly type: 'box' | 'label' | 'pass'; readonly id: number };
  readonly above: Place[];
  readonly below: Place[];
}

/** A place in a row between, where only a line goes. */
const passWidth = 16;
const sweeps = 12;

/** Rows of places in order, every second one empty of boxes. */
export function rowsOf(boxes: readonly Size[], edges: readonly LayeredEdge[]): Place[][] {
  const ranks = ranksOf(boxes.length, edges);
  const rows: Place[][] = Array.from({ length: 2 * Math.max(-1, ...ranks) + 1 }, () => []);
  const put = (place: Omit<Place, 'above' | 'below'>): Place => {
    const whole: Place = { ...place, above: [], below: [] };
    rows[place.row]?.push(whole);
    return whole;
  };
  const placed = boxes.map((size, id) => put({ ...size, row: 2 * (ranks[id] ?? 0), of: { type: 'box', id } }));
  for (const [id, { from, to, label }] of edges.entries()) {
    const end = placed[to] as Place;
    let last = placed[from] as Place;
    for (let row = last.row + 1; row < end.row; row++) {
      const isLabel = last.of.type === 'box';
      const next = put({ ...(isLabel ? label : { width: passWidth, height: 0 }), row, of: { type: isLabel ? 'label' : 'pass', id } });
      connect(last, next);
      last = next;
    }
    connect(last, end);
  }
  order(rows);
  const ordered = new Map(rows.flatMap(row => row.map((place, at) => [place, at] as const)));
  const inOrder = (a: Place, b: Place): number => (ordered.get(a) ?? 0) - (ordered.get(b) ?? 0);
  for (const place of ordered.keys()) {
    place.above.sort(inOrder);
    place.below.sort(inOrder);
  }
  return rows;
}

function connect(upper: Place, lower: Place): void {
  upper.below.push(lower);
  lower.above.push(upper);
}

/** The longest way from a start; a start itself stands right above what reads it. */
function ranksOf(count: number, edges: readonly LayeredEdge[]): number[] {
  const ranks = new Array<number>(count).fill(0);
  const byStart = [...edges].sort((a, b) => a.from - b.from);
  for (const { from, to } of byStart) ranks[to] = Math.max(ranks[to] ?? 0, (ranks[from] ?? 0) + 1);
  for (let id = 0; id < count; id++) {
    if (edges.some(edge => edge.to === id)) continue;
    const readers = edges.filter(edge => edge.from === id).map(edge => ranks[edge.to] ?? 0);
    if (readers.length > 0) ranks[id] = Math.min(...readers) - 1;
  }
  return ranks;
}

/** Orders each row by where the neighbours stand, down and up again, and keeps the order with the fewest crossings. */
function order(rows: Place[][]): void {
  let best = rows.map(row => [...row]);
  let fewest = crossingsOf(rows);
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    const side = down ? 'above' : 'below';
    const going = down ? rows.slice(1) : rows.slice(0, -1).reverse();
    // What neighbours leave open is turned round every other time: that leads out of orders that are only nearly good.
    const turned = sweep % 4 >= 2;
    for (const row of going) sortByNeighbours(rows, row, { side, turned });
    const crossings = crossingsOf(rows);
    if (crossings >= fewest) continue;
    fewest = crossings;
    best = rows.map(row => [...row]);
  }
  for (const [at, row] of best.entries()) rows[at] = row;
}

interface Sweep {
  readonly side: 'above' | 'below';
  /** Equal places change sides. */
  readonly turned: boolean;
}

function sortByNeighbours(rows: readonly Place[][], row: Place[], { side, turned }: Sweep): void {
  const [first] = row;
  const indexes = new Map((rows[(first?.row ?? 0) + (side === 'above' ? -1 : 1)] ?? []).map((place, at) => [place, at]));
  const own = new Map(row.map((place, at) => [place, at]));
  const wish = (place: Place): number => {
    const neighbours = place[side].map(other => indexes.get(other) ?? 0);
    return neighbours.length === 0 ? (own.get(place) ?? 0) : neighbours.reduce((sum, at) => sum + at, 0) / neighbours.length;
  };
  const wishes = new Map(row.map(place => [place, wish(place)]));
  const inOrder = (a: Place, b: Place): number => ((own.get(a) ?? 0) - (own.get(b) ?? 0)) * (turned ? -1 : 1);
  row.sort((a, b) => (wishes.get(a) ?? 0) - (wishes.get(b) ?? 0) || inOrder(a, b));
}

/** How many pairs of lines cross between neighbouring rows. */
function crossingsOf(rows: readonly Place[][]): number {
  let crossings = 0;
  for (const [at, row] of rows.entries()) {
    const below = new Map((rows[at + 1] ?? []).map((place, index) => [place, index]));
    const ends = row.flatMap(place => place.below.map(other => below.get(other) ?? 0).sort((a, b) => a - b));
    for (let i = 0; i < ends.length; i++) for (let j = i + 1; j < ends.length; j++) if ((ends[i] ?? 0) > (ends[j] ?? 0)) crossings++;
  }
  return crossings;
}
