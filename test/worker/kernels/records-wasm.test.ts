// What is kept of the kernels in WebAssembly is what their source says.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compiledRecords } from '../../../packages/worker/assembly/compile.mjs';

test('records-wasm.ts is what records.ts compiles to', async () => {
  const kept = readFileSync(new URL('../../../packages/worker/src/kernels/records-wasm.ts', import.meta.url), 'utf8');
  expect(kept, 'npm run kernels').toBe(await compiledRecords());
}, 120_000);
