// Replays the conversations in testdata and compares them with what is written there. UPDATE=1 rewrites the files:
// commit them only when every changed line is understood.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { replay } from './conversation.ts';

const folder = new URL('./testdata/', import.meta.url);

describe('conversations with an agent', () => {
  for (const name of readdirSync(folder)) {
    test(name, () => {
      const file = new URL(name, folder);
      const written = readFileSync(file, 'utf8');
      const replayed = replay(written);
      if (process.env.UPDATE === '1') writeFileSync(file, replayed);
      else expect(replayed).toBe(written);
    });
  }
});
