// How often each node of a plan is used by what is written. What is used once may become part of its only user.

import type { KeyedNode, Node } from './nodes.ts';

/** For each node that something is written or answered of: by how many others, and writes, it is named. */
export function usesOf(written: readonly Node[]): ReadonlyMap<Node, number> {
  const uses = new Map<Node, number>();
  const waiting = [...written];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const before = uses.get(node) ?? 0;
    uses.set(node, before + 1);
    if (before === 0) waiting.push(...inputsOf(node));
  }
  return uses;
}

/** The fold that a side of a join is as it stands, when no function has to finish it and it serves nobody else; otherwise null. */
export function ownFold({ node, key, value }: KeyedNode, uses: ReadonlyMap<Node, number>): Extract<Node, { readonly type: 'fold' }> | null {
  if (node.type !== 'fold' || uses.get(node) !== 1) return null;
  if (node.folding.finish !== null && node.folding.columns === undefined) return null;
  return key.text === 'item 0' && value.text === 'item 1' ? node : null;
}

/** The nodes that its records come from. */
export function inputsOf(node: Node): readonly Node[] {
  switch (node.type) {
    case 'read':
      return [];
    case 'union':
      return node.of;
    case 'fold':
    case 'group':
      return [node.of.node];
    case 'join':
    case 'cogroup':
      return [node.left.node, node.right.node];
    default:
      return [node.from];
  }
}
