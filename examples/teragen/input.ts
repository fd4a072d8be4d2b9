// The records come from the job's own code: only how many is said.

/** Gives the job's parameters. */
export function makeInput(_folder: string, rows = 50_000): { readonly rows: string } {
  return { rows: `${rows}` };
}
