// Sources → the inputs of the map stage and, for each, the steps that its records go through.

import { UsageError } from '@sheaf/protocol';
import type { Input, Step } from '@sheaf/protocol/graph';
import { recordValidator, validatorOf } from '../schema.ts';
import { isIterable, type SourceDefinition, sourceDefinition } from '../sources.ts';
import type { AnyFunction } from '../user-function.ts';
import type { FunctionTable } from './functions.ts';

/** The definition of what an `input` function gave, or of a source; UsageError when it is none. */
export function definitionOf(source: unknown, where: string): SourceDefinition {
  const definition = sourceDefinition(source);
  if (definition !== undefined) return definition;
  throw new UsageError(`${where} must be a source, such as from.text('books/*.txt').`);
}

/** The input in the graph; hands over its schema or its items. */
export function inputOf(source: SourceDefinition, functions: FunctionTable): Input {
  if (source.of === 'items') {
    const { items, perTask } = source;
    const give: AnyFunction = typeof items === 'function' ? itemsOf(items as AnyFunction) : () => items;
    return { type: 'items', items: functions.add('items', give, typeof items === 'function' ? items.toString() : 'items'), perTask };
  }
  const { paths, format, schema } = source;
  const vendor = validatorOf(schema)?.vendor;
  const ref = vendor === undefined ? null : functions.add('schema', recordValidator(schema), `schema:${vendor}`);
  return { type: 'files', paths, format, schema: ref };
}

/** Adds the `read` of an input and the calls of its `.map` and `.flatMap`; gives the index of the last step. */
export function pushRead(
  steps: Step[],
  read: { readonly input: number; readonly source: SourceDefinition },
  functions: FunctionTable,
): number {
  steps.push({ type: 'read', input: read.input });
  for (const call of read.source.calls) {
    steps.push({ type: 'call', from: steps.length - 1, function: functions.add(call.role, call.function) });
  }
  return steps.length - 1;
}

function itemsOf(items: AnyFunction): AnyFunction {
  return () => {
    const given: unknown = items();
    if (typeof given === 'string' || !isIterable(given)) {
      throw new UsageError('from.items: the function must give an array, an iterable or an async iterable; an async generator may wait.');
    }
    return given;
  };
}
