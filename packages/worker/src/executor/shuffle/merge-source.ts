// A stretch of a run file that a merge reads.

import type { CursorStart } from '../../data/run-cursor.ts';
import type { RunIds } from '../../data/run-format.ts';

export interface MergeSource {
  readonly path: string;
  /** In a pack: its first byte there. */
  readonly at?: number | undefined;
  readonly ids: RunIds;
  readonly side: number;
  readonly start: CursorStart;
  /** Made by a pass: deleted when it has been read. */
  readonly temporary: boolean;
}
