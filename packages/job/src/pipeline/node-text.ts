// What a collection is made of, as text: every operator that leads to it, with the source text of its functions. Equal texts
// mean equal records, as far as a plan shows it: what a function captures, and a helper that it calls, are not in its text.

import { inputsOf } from './node-uses.ts';
import type { KeyedNode, Node, SortPart } from './nodes.ts';
import type { Selector } from './selectors.ts';

export interface MadeOf {
  readonly text: string;
  readonly paths: readonly string[];
  readonly ofItems: boolean;
}

/** Describes the nodes that lead to each of `nodes`. */
export function madeOf(nodes: readonly Node[]): MadeOf {
  const numbers = new Map<Node, number>();
  const lines: string[] = [];
  const visit = (node: Node): number => {
    const known = numbers.get(node);
    if (known !== undefined) return known;
    const inputs = inputsOf(node).map(visit);
    numbers.set(node, numbers.size);
    lines.push(JSON.stringify([node.type, inputs, ...partsOf(node)], (_, part) => (typeof part === 'string' ? outdented(part) : part)));
    return numbers.size - 1;
  };
  for (const node of nodes) visit(node);
  const sources = [...numbers.keys()].flatMap(node => (node.type === 'read' ? [node.source] : []));
  return {
    text: lines.join('\n'),
    paths: [...new Set(sources.flatMap(source => (source.of === 'files' ? source.paths : [])))],
    ofItems: sources.some(source => source.of === 'items'),
  };
}

function partsOf(node: Node): readonly unknown[] {
  switch (node.type) {
    case 'read': {
      const { source } = node;
      const calls = source.calls.map(({ role, function: call }) => [role, String(call)]);
      return source.of === 'items' ? ['items', source.perTask, calls] : [source.paths, source.format, schemaText(source.schema), calls];
    }
    case 'call':
      return [node.role, node.text];
    case 'batches':
      return [node.size, String(node.call)];
    case 'pipe':
      return [node.command];
    case 'repartition':
      return [node.partitions, ordersOf(node.orders), ...(node.partition === null ? [] : [String(node.partition)])];
    case 'index':
    case 'union':
    case 'checkpoint':
      return [];
    case 'fold':
      return [keyedParts(node.of), node.name, node.folding.text];
    case 'group':
      return [keyedParts(node.of), node.sort === null ? null : ordersOf([node.sort]), node.text];
    case 'join':
      return [node.kind, keyedParts(node.left), keyedParts(node.right)];
    case 'cogroup':
      return [keyedParts(node.left), keyedParts(node.right), String(node.call)];
    case 'top':
      return [node.count, node.by === null ? null : textOf(node.by)];
    case 'sort':
      return [ordersOf(node.by)];
  }
}

function keyedParts({ key, value }: KeyedNode): readonly string[] {
  return [textOf(key), textOf(value)];
}

function ordersOf(orders: readonly SortPart[]): readonly unknown[] {
  return orders.map(({ selector, desc }) => [textOf(selector), desc]);
}

/** Without the indentation that all lines behind the first have: a bundle may hold a function deeper than its file does. */
function outdented(text: string): string {
  const [first = '', ...rest] = text.split('\n');
  const indents = rest.filter(line => line.trim() !== '').map(line => line.length - line.trimStart().length);
  const common = indents.length === 0 ? 0 : Math.min(...indents);
  return [first, ...rest.map(line => line.slice(common))].join('\n');
}

function textOf({ text }: Selector): string {
  return text;
}

/** What a schema tells of itself. */
function schemaText(schema: unknown): string {
  try {
    return JSON.stringify(schema) ?? '';
  } catch {
    return 'a schema';
  }
}
