// The items come from the job's own code, so there is nothing to write: only how far to count, and which item is to fail at
// first. An inline run stops at the first error, so there nothing should fail: `-p flaky=0`.

/** Gives the job's parameters. */
export function makeInput(): { readonly limit: string; readonly flaky: string } {
  return { limit: '300000', flaky: '7' };
}
