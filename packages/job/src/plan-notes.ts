// A plan in words: what people read of it, and no part of what is run.

import type { StepId } from '@sheaf/protocol/graph';
import type { AnyFunction } from './user-function.ts';

export interface PlanNotes {
  /** By stage: what the plan says that happens there, in order. */
  readonly operators: readonly (readonly Operator[])[];
  /** By edge: the key, and what sorts the values of a group, in words; empty for none. */
  readonly edges: readonly { readonly key: string; readonly sorted: string }[];
}

/** An operator of the plan, as a person wrote it. */
export interface Said {
  /** As in `keyBy user`. */
  readonly text: string;
  /** Its stack leads to the line. */
  readonly made: Error | null;
  /** The function that it is about, by whose text its line is found where there is no stack. */
  readonly written?: AnyFunction | undefined;
}

export interface Operator extends Said {
  /** The last step of the stage that is its work. */
  readonly step: StepId;
}
