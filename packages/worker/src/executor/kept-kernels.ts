// Kernels that outlive a task. An executor runs one task of a stage after another, and V8 needs some tens of milliseconds to
// compile a loop well, which is as much as a small task takes. So what the tasks of a stage have in common is made for the first
// of them and handed from one to the next; and it is made anew for each stage, so that the types of one never slow another's
// loop (kernels/instantiate.ts).

import type { LoadedJob } from './loaded-job.ts';

const kept = new WeakMap<LoadedJob, Map<object, Map<string, unknown>>>();

/** What `make` gave the first time that the job asked for it, by the part of its graph that it is for and a name. */
export function keptKernel<Kernel>(job: LoadedJob, of: object, name: string, make: () => Kernel): Kernel {
  const kernels = entry(
    entry(kept, job, () => new Map<object, Map<string, unknown>>()),
    of,
    () => new Map<string, unknown>(),
  );
  return entry(kernels, name, make) as Kernel;
}

interface Entries<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): unknown;
}

function entry<Key, Value>(entries: Entries<Key, Value>, key: Key, make: () => Value): Value {
  let value = entries.get(key);
  if (value === undefined) {
    value = make();
    entries.set(key, value);
  }
  return value;
}
