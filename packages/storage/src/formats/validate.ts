// A schema's word on a decoded record: what it refuses is a bad record, told apart from what later functions throw.

import { BadRecord } from './decoder.ts';

/** Takes a raw record and gives the validated one, or throws. */
export type Validate = (raw: unknown) => unknown;

/** Runs the schema; whatever it throws becomes a BadRecord with the same words. */
export function validated(validate: Validate, raw: unknown): unknown {
  try {
    return validate(raw);
  } catch (error) {
    throw new BadRecord(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
