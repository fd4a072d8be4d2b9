// Seeds that show a bug that once was, and which: they are run forever. Each has a golden conversation too.

export const regressions: readonly { readonly seed: string; readonly bug: string }[] = [
  { seed: '481', bug: 'a failure whose acceptance was not heard was charged again' },
  { seed: '2', bug: 'an output made from replaced bytes was adopted' },
  { seed: '986', bug: 'a worker that came back while its job was aborted kept an output for ever' },
  { seed: '11', bug: 'a worker whose output was declared lost was not told that the job closed' },
];
