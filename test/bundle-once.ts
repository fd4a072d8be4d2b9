// Before any test: Sheaf's bundle is made once, so that no test that starts processes pays for it or races for it.

import { ensureBundle } from '../packages/sheaf/build/ensure-bundle.mjs';

export default async function setup(): Promise<void> {
  await ensureBundle();
}
