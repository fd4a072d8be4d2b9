// What is kept of the kernels in WebAssembly is what their sources say.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compiledKernel, kernelNames } from '../../../packages/worker/assembly/compile.mjs';

test.each(kernelNames)(
  '%s is compiled as it is kept',
  async name => {
    const kept = readFileSync(new URL(`../../../packages/worker/src/kernels/${name}-wasm.ts`, import.meta.url), 'utf8');
    expect(kept, 'npm run kernels').toBe(await compiledKernel(name));
  },
  120_000,
);
