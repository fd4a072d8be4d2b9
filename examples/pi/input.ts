// The points come from the job's own code: only how many there are is said.

/** Gives the job's parameters. */
export function makeInput(_folder: string, samples = 50_000): { readonly maps: string; readonly samples: string } {
  return { maps: '8', samples: `${samples}` };
}
