// Joins that need no shuffle where the other side turns out small. The submitter lists the files of both sides and decides; a graph
// shows for which joins, as executors must make the same one. What a side may be made of to be measured by its files is said here.

import type { Format, StageGraph } from '@sheaf/protocol/graph';
import { inputsOf, ownFold } from './node-uses.ts';
import type { Node } from './nodes.ts';

export type JoinNode = Extract<Node, { readonly type: 'join' }>;

/** A join that may be decided by the sizes of the files that its sides are read from. */
export interface JoinPlan {
  /** Of the joins of the plan, in the order they are said. */
  readonly join: number;
  /** All that leads to the left side, source by source. */
  readonly left: readonly { readonly paths: readonly string[]; readonly format: Format }[];
  /** What the right side is read from: at most one record for each line, word or file. */
  readonly right: readonly string[];
}

/** The joins that are lookups, and for people why. */
export interface DecidedJoins {
  readonly [join: number]: string;
}

/** null: the sides say nothing, or the caller has. */
export function joinPlanOf(node: JoinNode, uses: ReadonlyMap<Node, number>): JoinPlan | null {
  const { kind, left, right, broadcast, join } = node;
  if (broadcast !== null || kind === 'right' || kind === 'full') return null;
  // A fold of the left side's own is folded on its way to the join, which moves less than a table.
  if (ownFold(left, uses) !== null || isSeenElsewhere(left.node, uses)) return null;
  const of = pathsOfLines(right.node);
  const sources = sourcesOf(left.node);
  return of === null || sources.length === 0 ? null : { join, left: sources, right: of };
}

/** What was decided where a graph was made. */
export function decidedJoins(graph: StageGraph): DecidedJoins {
  const steps = graph.stages.flatMap(stage => stage.steps);
  return Object.fromEntries(
    steps.flatMap(step => (step.type === 'lookup' && step.measured !== undefined ? [[step.measured, ''] as const] : [])),
  );
}

/** Of records that are made one by one of those of a file; null for others, as nobody knows how many they are. */
function pathsOfLines(node: Node): readonly string[] | null {
  if (node.type === 'call') return node.role === 'flatMap' ? null : pathsOfLines(node.from);
  if (node.type !== 'read' || node.source.of !== 'files') return null;
  return node.source.calls.some(({ role }) => role === 'flatMap') ? null : node.source.paths;
}

function sourcesOf(node: Node): JoinPlan['left'] {
  const seen = new Set<Node>();
  const visit = (one: Node): void => {
    if (seen.has(one)) return;
    seen.add(one);
    for (const input of inputsOf(one)) visit(input);
  };
  visit(node);
  return [...seen].flatMap(one => {
    return one.type === 'read' && one.source.of === 'files' ? [{ paths: one.source.paths, format: one.source.format }] : [];
  });
}

/**
 * Whether other operators may see the very objects that a node gives. A shuffle gives each reader its own, so functions behind a
 * join may have changed them until now, and nobody saw it.
 */
function isSeenElsewhere(node: Node, uses: ReadonlyMap<Node, number>): boolean {
  if (uses.get(node) !== 1) return true;
  switch (node.type) {
    case 'call':
    case 'batches':
    case 'checkpoint':
      return isSeenElsewhere(node.from, uses);
    case 'union':
      return node.of.some(one => isSeenElsewhere(one, uses));
    default:
      return false;
  }
}
