#!/usr/bin/env node
// The command `sheaf` of a clone: makes the bundle when the sources changed, then becomes it. The published package has
// no such step: its command is the bundle itself.
import { createRequire } from 'node:module';
import { ensureBundle } from '../build/ensure-bundle.mjs';

const bundle = await ensureBundle().catch(error => {
  if (error.errors === undefined) throw error;
  console.error(`Sheaf's own sources do not bundle. ${error.message}`);
  process.exit(1);
});
// By require, as an import would first look through its text for what it exports.
createRequire(import.meta.url)(bundle.cli);
