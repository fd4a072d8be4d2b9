#!/usr/bin/env node
// The command `sheaf` of a clone: makes the bundle when the sources changed, then becomes it. The published package has
// no such step: its command is the bundle itself.
import { ensureBundle } from '../build/ensure-bundle.mjs';

const { cli } = await ensureBundle();
await import(cli);
