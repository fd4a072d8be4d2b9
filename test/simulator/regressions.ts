// Seeds that once found a bug, and which: they are run forever.

export const regressions: readonly { readonly seed: string; readonly bug: string }[] = [];
