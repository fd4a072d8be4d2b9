// A job as a graph in the DOT language, for Graphviz and all that reads it. Every text is a quoted string, in which a quote and
// a backslash are escaped; `\l` ends a line that stands to the left.

import { cut, escaped } from '../cli/printable.ts';
import type { Explained, ExplainedStage } from './explained.ts';
import { edgeWords, inputWords, measuredWords, tasksWords } from './stage-words.ts';

const lineCharsMax = 60;

export function dotOf({ name, stages, edges }: Explained): string {
  const lines = [
    `digraph ${quoted(name)} {`,
    '  rankdir=TB;',
    '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="Courier", fontsize=10];',
    '  edge [fontname="Courier", fontsize=9];',
  ];
  stages.forEach((stage, id) => {
    const bold = stage.critical ? ', penwidth=3, color="#c2410c"' : '';
    lines.push(`  s${id} [label=${labelOf(stage)}, fillcolor=${quoted(shadeOf(stage.share))}${bold}];`);
  });
  for (const edge of edges) {
    const bold = edge.critical ? ', penwidth=3, color="#c2410c"' : '';
    const style = edge.type === 'broadcast' ? ', style=dashed' : edge.type === 'sample' ? ', style=dotted' : '';
    lines.push(`  s${edge.from} -> s${edge.to} [label=${quoted(edgeWords(edge).map(clipped).join('\n'))}${style}${bold}];`);
  }
  lines.push('}');
  return `${lines.join('\n')}\n`;
}

function labelOf(stage: ExplainedStage): string {
  const head = `${stage.name}: ${tasksWords(stage)}`;
  const operators = stage.operators.map(({ text, place }) => (place === null ? text : `${text}  (${place})`));
  const lines = [head, ...operators, ...inputWords(stage), ...measuredWords(stage)].map(clipped);
  return `"${lines.map(line => `${inQuotes(line)}\\l`).join('')}"`;
}

function clipped(line: string): string {
  return cut(escaped(line), lineCharsMax);
}

/** A quoted string of DOT; its line ends stay line ends of the label. */
function quoted(text: string): string {
  return `"${text.split('\n').map(inQuotes).join('\\n')}"`;
}

function inQuotes(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

/** Warmer for a larger share of the time. */
export function shadeOf(share: number | null): string {
  if (share === null) return '#ffffff';
  const warm = Math.min(1, Math.max(0, share));
  const mixed = [255 - 2 * warm, 247 - 61 * warm, 237 - 121 * warm].map(Math.round);
  return `#${mixed.map(part => part.toString(16).padStart(2, '0')).join('')}`;
}
