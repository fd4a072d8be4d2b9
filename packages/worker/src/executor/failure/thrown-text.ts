// What a job threw, as the text of a failure.

import { limits } from '@sheaf/protocol';

/** A thrown error with its class; anything else that was thrown, as far as it can be shown. */
export function thrownText(error: unknown): string {
  const text =
    error instanceof Error
      ? `${error.name}: ${error.message}`
      : `the job threw ${typeof error === 'string' ? `a string: ${error}` : describe(error)}`;
  return text.slice(0, limits.failureMessageCharsMax);
}

function describe(thrown: unknown): string {
  try {
    return `${typeof thrown}: ${JSON.stringify(thrown)}`;
  } catch {
    return typeof thrown;
  }
}
