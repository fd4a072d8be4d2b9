// Seeds that once found a bug, and which: they are run forever. Each has a golden conversation too.

export const regressions: readonly { readonly seed: string; readonly bug: string }[] = [
  { seed: '481', bug: 'a failure whose acceptance was not heard was charged again' },
  { seed: '804', bug: 'an output made from replaced bytes was adopted' },
  { seed: '2915', bug: 'a worker whose output was declared lost was not told that the job closed' },
];
