// What a plan has said, as plain nodes: each names the nodes its records come from. Collections and Keyed are thin faces of
// nodes; compile-pipeline.ts turns those that something is written of into stages.

import type { FoldedColumn } from '@sheaf/protocol/graph';
import type { Said } from '../plan-notes.ts';
import type { SourceDefinition } from '../sources.ts';
import type { AnyFunction } from '../user-function.ts';
import type { Selector } from './selectors.ts';

/** Records with a key: of a node's records, which part is the key and which the value. */
export interface KeyedNode {
  readonly node: Node;
  readonly key: Selector;
  readonly value: Selector;
  /** Columns of the value, where they are known. */
  readonly columns: readonly string[] | null;
  /** Of how many columns the key is made, where it is of a list of them. */
  readonly keyParts?: number | undefined;
  /** The key in words, where it was named before; and the operator that says it, until it has been told. */
  readonly keyWords?: string | undefined;
  readonly said?: Said | undefined;
}

export interface SortPart {
  readonly selector: Selector;
  readonly desc: boolean;
}

/** How the values of a group become one. */
export interface Folding {
  /** Of the function or the aggregates, for the graph's hash. */
  readonly text: string;
  readonly builtIn: 'sum' | null;
  readonly merge: AnyFunction;
  /** What one value counts as; null: itself. */
  readonly start: AnyFunction | null;
  /** From the folded value to the one delivered; null: itself. */
  readonly finish: AnyFunction | null;
  /** The same as numbers that the engine folds without a call; `start`, `merge` and `finish` are not used then. */
  readonly columns?: readonly FoldedNumber[];
}

export interface FoldedNumber {
  readonly name: string;
  readonly fold: FoldedColumn['fold'];
  /** Of the value; null: it only counts. */
  readonly of: Selector | null;
}

export type JoinKind = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

interface Made {
  /** Columns of its records, where they are known. */
  readonly columns: readonly string[] | null;
}

export type Node = Made &
  (
    | { readonly type: 'read'; readonly source: SourceDefinition }
    /** `text`: what the hash is of, where the function is ours. */
    | {
        readonly type: 'call';
        readonly from: Node;
        readonly role: 'map' | 'filter' | 'flatMap';
        readonly call: AnyFunction;
        readonly text: string;
      }
    | { readonly type: 'batches'; readonly from: Node; readonly size: number; readonly concurrency: number; readonly call: AnyFunction }
    | { readonly type: 'pipe'; readonly from: Node; readonly command: readonly string[] }
    /** `partitions`: null for as many as the data asks for; `partition`: null deals out in turn; `orders` within each of them. */
    | {
        readonly type: 'repartition';
        readonly from: Node;
        readonly partitions: number | null;
        readonly partition: AnyFunction | null;
        readonly orders: readonly SortPart[];
        /** The operator that cut the partitions, where another one sorts them. */
        readonly said?: Said | undefined;
      }
    | { readonly type: 'checkpoint'; readonly from: Node; readonly folder: string }
    /** Gives pairs [record, index]. */
    | { readonly type: 'index'; readonly from: Node }
    | { readonly type: 'union'; readonly of: readonly Node[] }
    /** Gives pairs [key, folded]. */
    | { readonly type: 'fold'; readonly of: KeyedNode; readonly folding: Folding; readonly name: string }
    | { readonly type: 'group'; readonly of: KeyedNode; readonly sort: SortPart | null; readonly call: AnyFunction; readonly text: string }
    /** Gives pairs [key, { left, right }]; of a semi or anti join pairs [key, left]. */
    | {
        readonly type: 'join';
        readonly kind: JoinKind;
        readonly left: KeyedNode;
        readonly right: KeyedNode;
        /** null: nobody has said. */
        readonly broadcast: boolean | null;
        /** Its number among the joins of the plan. */
        readonly join: number;
      }
    | { readonly type: 'cogroup'; readonly left: KeyedNode; readonly right: KeyedNode; readonly call: AnyFunction }
    /** Without `by` the first ones. */
    | { readonly type: 'top'; readonly from: Node; readonly count: number; readonly by: Selector | null }
    | { readonly type: 'sort'; readonly from: Node; readonly by: readonly SortPart[] }
  );
