// Before any test: Sheaf's bundle is made once, so that no test that starts processes pays for it or races for it.

import { ensureBundle } from '../packages/sheaf/bin/ensure-bundle.mjs';

export default async function setup(): Promise<void> {
  await ensureBundle();
}
