// A job as a picture: stages as boxes in layers, edges as curves with labels, one self-contained SVG. Text is in a font of one
// width, so that boxes can be measured by counting; every text from outside is escaped. The same plan gives the same bytes.

import { cut, escaped } from '../cli/printable.ts';
import { durationText } from '../cli/quantities.ts';
import { shadeOf } from './dot.ts';
import type { Explained, ExplainedEdge, ExplainedStage } from './explained.ts';
import { type LayeredEdge, type Place, rowsOf, type Size } from './layers.ts';
import { type Laid, type Layout, layOut } from './positions.ts';
import { edgeWords, inputWords, measuredWords, tasksWords } from './stage-words.ts';

const charWidth = 6.65;
const lineHeight = 15;
const headHeight = 24;
const padding = 9;
const boxCharsMin = 22;
const boxCharsMax = 58;
const labelCharsMax = 36;
const titleHeight = 34;
const warningCharsMax = 200;

const style = [
  'text{font-family:"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:11px;fill:#1f2937;white-space:pre}',
  '.name{font-weight:bold;font-size:12px}.dim{fill:#6b7280}.title{font-weight:bold;font-size:14px}.measured{fill:#1d4ed8}',
  '.box{fill:#fff;stroke:#6b7280}.critical.box{stroke:#c2410c;stroke-width:2.5}.head{stroke:none}',
  '.edge{fill:none;stroke:#6b7280;stroke-width:1.3}.critical.edge{stroke:#c2410c;stroke-width:3}',
  '.tip{fill:#6b7280}.critical.tip{fill:#c2410c}.warning{fill:#b45309}.under{fill:#fff}',
].join('');

/** The picture, with what is to be warned of above it. */
export function svgOf(explained: Explained, warnings: readonly string[]): string {
  const boxes = explained.stages.map(boxOf);
  const labels = explained.edges.map(edge => edgeWords(edge).map(line => cut(escaped(line), labelCharsMax)));
  const edges = explained.edges.map(({ from, to }, at): LayeredEdge => ({ from, to, label: labelSize(labels[at] ?? []) }));
  const layout = layOut(rowsOf(boxes, edges));
  const title = titleOf(explained);
  const top = titleHeight + warnings.length * lineHeight;
  const notes = warnings.map(warning => cut(`! ${escaped(warning)}`, warningCharsMax));
  const width = Math.max(layout.width, ...[title, ...notes].map(text => 30 + Math.ceil(1.3 * charWidth * text.length)));
  const height = layout.height + top;
  const places = [...layout.places.values()];
  const drawn = [
    text({ x: 20, y: 26, css: 'title' }, title),
    ...notes.map((note, at) => text({ x: 20, y: 26 + (at + 1) * lineHeight, css: 'warning' }, note)),
    `<g transform="translate(0 ${top})">`,
    ...explained.edges.flatMap((edge, id) => drawEdge(edge, wayOf(layout, places, id))),
    ...places.flatMap(laid => (laid.place.of.type === 'label' ? drawLabel(laid, labels[laid.place.of.id] ?? []) : [])),
    ...places.flatMap(laid => {
      const { type, id } = laid.place.of;
      return type === 'box' ? drawBox(explained.stages[id] as ExplainedStage, boxes[id] as Box, laid) : [];
    }),
    '</g>',
  ];
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`;
  return `${[open, `<title>${markup(title)}</title>`, `<style>${style}</style>`, '<rect width="100%" height="100%" fill="#fff"/>', ...drawn, '</svg>'].join('\n')}\n`;
}

function titleOf({ name, run }: Explained): string {
  return escaped(run === null ? name : `${name} (${run.id}) ${run.state} in ${durationText(run.tookMs)}`);
}

interface Line {
  readonly left: string;
  readonly right: string;
  readonly css: '' | 'dim' | 'measured';
}

interface Box extends Size {
  readonly lines: readonly Line[];
}

function boxOf(stage: ExplainedStage): Box {
  const lines: Line[] = [
    ...stage.operators.map(({ text, place }): Line => ({ left: text, right: lineOf(place), css: '' })),
    ...inputWords(stage).map((left): Line => ({ left, right: '', css: 'dim' })),
    ...measuredWords(stage).map((left): Line => ({ left, right: '', css: 'measured' })),
  ].map(({ left, right, css }) => ({ left: escaped(left), right: escaped(right), css }));
  const head = stage.name.length + tasksWords(stage).length + 6;
  const widest = Math.max(head, ...lines.map(({ left, right }) => left.length + (right === '' ? 0 : right.length + 2)));
  const chars = Math.min(boxCharsMax, Math.max(boxCharsMin, widest));
  const fitted = lines.map(({ left, right, css }): Line => {
    const place = cut(right, Math.max(20, chars - left.length - 2));
    return { left: cut(left, chars - (place === '' ? 0 : place.length + 2)), right: place, css };
  });
  const body = fitted.length === 0 ? 0 : fitted.length * lineHeight + padding;
  return { lines: fitted, width: Math.ceil(chars * charWidth) + 2 * padding, height: headHeight + body };
}

/** `job.ts:12`: without folders and column. */
function lineOf(place: string | null): string {
  return (place ?? '').replace(/^.*\//, '').replace(/(:\d+):\d+$/, '$1');
}

function labelSize(lines: readonly string[]): Size {
  return { width: Math.ceil(Math.max(0, ...lines.map(line => line.length)) * charWidth) + 12, height: lines.length * lineHeight + 4 };
}

function drawBox(stage: ExplainedStage, { lines, width, height }: Box, { x, y }: Laid): string[] {
  const left = tenth(x - width / 2);
  const right = tenth(left + width);
  const critical = stage.critical ? 'critical ' : '';
  const tasks = tasksWords(stage);
  const nameChars = Math.floor((width - 2 * padding) / (charWidth * 1.1)) - tasks.length - 2;
  const head = `M${left} ${y + headHeight}v${6 - headHeight}a6 6 0 0 1 6-6h${width - 12}a6 6 0 0 1 6 6v${headHeight - 6}z`;
  return [
    `<rect class="${critical}box" x="${left}" y="${y}" width="${width}" height="${height}" rx="6"/>`,
    `<path class="head" d="${head}" fill="${stage.share === null ? '#eef2f7' : shadeOf(stage.share)}"/>`,
    `<rect class="${critical}box" x="${left}" y="${y}" width="${width}" height="${height}" rx="6" style="fill:none"/>`,
    text({ x: left + padding, y: y + 16, css: 'name' }, cut(escaped(stage.name), nameChars)),
    text({ x: right - padding, y: y + 16, css: 'dim', end: true }, tasks),
    ...lines.flatMap(({ left: said, right: place, css }, at) => {
      const line = y + headHeight + (at + 1) * lineHeight;
      const words = text({ x: left + padding, y: line, css }, said);
      return place === '' ? [words] : [words, text({ x: right - padding, y: line, css: 'dim', end: true }, place)];
    }),
  ];
}

function drawLabel({ place, x, y }: Laid, lines: readonly string[]): string[] {
  return [
    `<rect class="under" x="${tenth(x - place.width / 2)}" y="${y}" width="${place.width}" height="${place.height}" fill-opacity="0.92"/>`,
    ...lines.map((line, at) => text({ x, y: y + 12 + at * lineHeight, css: at === 0 ? '' : 'dim', middle: true }, line)),
  ];
}

/** The places that an edge goes through, from its box to its other box. */
function wayOf(layout: Layout, places: readonly Laid[], id: number): Laid[] {
  const own = places.filter(({ place }) => place.of.type !== 'box' && place.of.id === id).map(({ place }) => place);
  const way: Place[] = [own[0]?.above[0] as Place, ...own, own.at(-1)?.below[0] as Place];
  return way.map(place => layout.places.get(place) as Laid);
}

function drawEdge({ type, critical }: ExplainedEdge, way: readonly Laid[]): string[] {
  const points: { readonly x: number; readonly y: number }[] = way.flatMap((laid, at) => {
    const { x, y, height } = laid;
    if (at === 0) return [{ x: portOf(laid, 'below', way[1]), y: y + height }];
    if (at === way.length - 1) return [{ x: portOf(laid, 'above', way[at - 1]), y: y - 6 }];
    return [
      { x, y },
      { x, y: y + height },
    ];
  });
  const [first, ...rest] = points;
  let last = first as { readonly x: number; readonly y: number };
  let path = `M${last.x} ${last.y}`;
  for (const point of rest) {
    const middle = tenth((last.y + point.y) / 2);
    path += `C${last.x} ${middle} ${point.x} ${middle} ${point.x} ${point.y}`;
    last = point;
  }
  const css = critical ? 'critical ' : '';
  const dashes = type === 'broadcast' ? ' stroke-dasharray="6 4"' : type === 'sample' ? ' stroke-dasharray="2 3"' : '';
  const tip = `M${last.x} ${last.y + 6}l-4.5-9h9z`;
  return [`<path class="${css}edge" d="${path}"${dashes}/>`, `<path class="${css}tip" d="${tip}"/>`];
}

/** Where on the lower or upper edge of a box a line ends: several lines stand side by side, in the order of where they lead. */
function portOf({ place, x }: Laid, side: 'above' | 'below', other: Laid | undefined): number {
  const others = place[side];
  const at = others.indexOf(other?.place as Place);
  const step = Math.min(36, (place.width - 24) / Math.max(1, others.length));
  return tenth(x + (at - (others.length - 1) / 2) * step);
}

interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly css: string;
  readonly end?: true;
  readonly middle?: true;
}

function text({ x, y, css, end, middle }: TextPlace, content: string): string {
  const anchor = end ? ' text-anchor="end"' : middle ? ' text-anchor="middle"' : '';
  return `<text x="${tenth(x)}" y="${tenth(y)}"${css === '' ? '' : ` class="${css}"`}${anchor}>${markup(content)}</text>`;
}

/** What XML takes as it is, or as an entity; two code points it takes in no way. */
function markup(content: string): string {
  return content
    .replaceAll(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
