// A stretch of a run file that a merge reads.

import type { CursorStart } from '../../data/run-cursor.ts';
import type { OpenRun } from '../../data/run-file.ts';
import type { RunIds } from '../../data/run-format.ts';

export interface MergeSource {
  readonly path: string;
  /** In a pack: its first byte there. */
  readonly at?: number | undefined;
  readonly ids: RunIds;
  readonly side: number;
  readonly start: CursorStart;
  /** Open already, where it is read through a `ReadAhead`. */
  readonly run?: OpenRun;
  /** Made by a pass: deleted when it has been read. */
  readonly temporary: boolean;
}
