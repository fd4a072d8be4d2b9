#!/usr/bin/env node
// The command `sheaf` of a clone: makes the bundle when the sources changed, then becomes it. The published package has
// no such step: its command is the bundle itself.
import { ensureBundle } from '../build/ensure-bundle.mjs';

const bundle = await ensureBundle().catch(error => {
  if (error.errors === undefined) throw error;
  console.error(`Sheaf's own sources do not bundle. ${error.message}`);
  process.exit(1);
});
await import(bundle.cli);
