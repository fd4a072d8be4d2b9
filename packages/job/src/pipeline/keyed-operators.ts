// The operators of keyed collections, as nodes: what is folded, how values become rows, which part of a record is key and value.

import { UsageError } from '@sheaf/protocol';
import { wrappedPair } from '../compile/functions.ts';
import type { AnyFunction } from '../user-function.ts';
import { type AggregateDefinition, aggregateDefinition } from './aggregates.ts';
import { asNumbers } from './named-columns.ts';
import type { FoldedNumber, Folding, KeyedNode, Node, SortPart } from './nodes.ts';
import { selectorWords } from './operator-text.ts';
import { countOf } from './plan-arguments.ts';
import { checkKeyNames, checkNumbers, isNumeric } from './plan-checks.ts';
import { checkColumns, composed, itemSelector, recordSelector, selectorOf } from './selectors.ts';

export function pairsOf(node: Node): KeyedNode {
  return { node, key: itemSelector(0), value: itemSelector(1), columns: null };
}

/** What stays true of the key while it is the first item of a pair. */
export function sameKey(of: KeyedNode): Pick<KeyedNode, 'keyParts' | 'keyWords'> {
  return { keyParts: of.keyParts, keyWords: keyWordsOf(of) };
}

/** The key in words. */
export function keyWordsOf({ keyWords, key }: KeyedNode): string {
  return keyWords ?? selectorWords(key);
}

export function folded(of: KeyedNode, folding: Folding, name: string): KeyedNode {
  return {
    ...pairsOf({ type: 'fold', of, folding, name, columns: null }),
    columns: name === 'reduce' || name === 'distinct' ? of.columns : null,
    ...sameKey(of),
  };
}

export function reducing(merge: AnyFunction): Folding {
  return { text: merge.toString(), builtIn: null, merge, start: null, finish: null };
}

export function summed(of: KeyedNode, by: unknown): KeyedNode {
  const given = selectorOf(by, 'sum');
  const selector = of.value === recordSelector ? asNumbers(given, of.node) : given;
  checkColumns(selector, of.columns, 'sum');
  checkNumbers(selector.column, of, 'sum');
  const folding: Folding = { text: 'sum', builtIn: 'sum', merge: (a: number, b: number) => a + b, start: null, finish: null };
  return folded({ ...of, value: composed(of.value, selector) }, folding, 'sum');
}

export function aggregated(of: KeyedNode, given: unknown): KeyedNode {
  const entries = typeof given === 'object' && given !== null ? Object.entries(given) : [];
  if (entries.length === 0)
    throw new UsageError("aggregate takes an object of aggregates, as in { rows: agg.count(), amount: agg.sum('amount') }.");
  const parts = entries.map(([name, aggregate]) => {
    const definition = aggregateDefinition(aggregate);
    if (definition === undefined) throw new UsageError(`aggregate: '${name}' is no aggregate, such as agg.sum('amount').`);
    if (definition.column !== null) checkColumns({ columns: [definition.column] }, of.columns, `aggregate: '${name}'`);
    if (definition.ofNumbers) checkNumbers(definition.column, of, `aggregate: '${name}'`);
    return { name, ...definition };
  });
  const folding: Folding = {
    text: `aggregate ${parts.map(part => `${part.name}: ${part.text}`).join(', ')}`,
    builtIn: null,
    start: (value: unknown) => parts.map(part => part.start(value)),
    merge: (a: readonly never[], b: readonly never[]) => parts.map((part, i) => part.merge(a[i] as never, b[i] as never)),
    finish: (partials: readonly never[]) => Object.fromEntries(parts.map((part, i) => [part.name, part.finish(partials[i] as never)])),
  };
  const columns = parts.flatMap(part => foldedNumber(part, of));
  const onBytes = columns.length === parts.length ? { ...folding, columns } : folding;
  return { ...folded(of, onBytes, 'aggregate'), columns: parts.map(part => part.name) };
}

/** A fold of numbers, where it is known to be one: the least and the most may be of anything that is a key. */
function foldedNumber({ name, folds, selector }: AggregateDefinition & { readonly name: string }, of: KeyedNode): readonly FoldedNumber[] {
  if (folds === null) return [];
  const named = selector === null || of.value !== recordSelector ? selector : asNumbers(selector, of.node);
  if ((folds === 'min' || folds === 'max') && !isNumeric(named?.column ?? null, of)) return [];
  return [{ name, fold: folds, of: named }];
}

export function mappedValues(of: KeyedNode, map: AnyFunction): KeyedNode {
  const { key, value } = of;
  const call = (record: unknown, context: unknown): unknown => {
    const k = key.pick(record);
    return [k, map(value.pick(record), k, context)];
  };
  wrappedPair(key.written ?? null, map, call);
  const text = `mapValues ${key.text} ${value.text} ${map.toString()}`;
  return { ...pairsOf({ type: 'call', from: of.node, role: 'map', call, text, columns: null }), ...sameKey(of) };
}

/** The largest values come first by a descending sort of each group, of which the rest is left unread. */
export function topPerKey(of: KeyedNode, given: unknown, by: unknown): KeyedNode {
  const count = countOf(given, 'topPerKey');
  const selector = selectorOf(by, 'topPerKey');
  checkColumns(selector, of.columns, 'topPerKey');
  const call = (key: unknown, values: Iterable<unknown>): unknown => {
    const taken: unknown[] = [];
    for (const value of values) if (taken.push(value) >= count) break;
    return [[key, taken]];
  };
  const sort: SortPart = { selector, desc: true };
  return { ...pairsOf({ type: 'group', of, sort, call, text: `topPerKey ${count}`, columns: null }), ...sameKey(of) };
}

export function entriesOf(of: KeyedNode): Node {
  const { node, key, value } = of;
  if (key.text === 'item 0' && value.text === 'item 1') return node;
  const call = wrappedPair(key.written ?? null, value.written ?? null, (record: unknown): unknown => [
    key.pick(record),
    value.pick(record),
  ]);
  return { type: 'call', from: node, role: 'map', call, text: `entries ${key.text} ${value.text}`, columns: null };
}

export function rowsOf(of: KeyedNode, keyNames: unknown, valueName: unknown): Node {
  const { node, key, value } = of;
  const several = Array.isArray(keyNames);
  const names: readonly unknown[] = several ? keyNames : [keyNames];
  if (names.length === 0 || !names.every(isName))
    throw new UsageError("rows takes the name of the key's column, as in rows('user'), or a list of names.");
  if (valueName !== undefined && !isName(valueName)) throw new UsageError("rows: the value's name is a string, as in rows('word', 'n').");
  if (several) checkKeyNames(names, of);
  const columns = valueName === undefined ? of.columns : [valueName as string];
  const twice = columns?.find(name => names.includes(name));
  if (twice !== undefined) throw new UsageError(`rows: there would be two columns '${twice}'.`);
  const call = (record: unknown): unknown => {
    const row: { [name: string]: unknown } = {};
    const k = key.pick(record);
    if (several) for (const [i, name] of names.entries()) row[name as string] = (k as readonly unknown[])[i];
    else row[names[0] as string] = k;
    const v = value.pick(record);
    if (valueName === undefined) return Object.assign(row, v);
    row[valueName as string] = v;
    return row;
  };
  const text = `rows ${JSON.stringify([keyNames, valueName ?? null])} ${key.text} ${value.text}`;
  return { type: 'call', from: node, role: 'map', call, text, columns: columns === null ? null : [...(names as string[]), ...columns] };
}

function isName(given: unknown): given is string {
  return typeof given === 'string' && given !== '';
}
