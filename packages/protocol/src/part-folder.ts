// The folders below an output that partitioned parts lie in: `day=2025-01-01`, `day=2025-01-01/user=7`. Made by jobs, told by
// workers, and made on the disk by the coordinator, which therefore takes nothing that could lead elsewhere.

import { limits } from './limits.ts';

const depthMax = 32;

/** Whether a text is such a folder: names `column=value`, one below the other. */
export function isPartFolder(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const names = value.split('/');
  return names.length <= depthMax && names.every(isFolderName);
}

function isFolderName(name: string): boolean {
  return /^[^=\0]+=[^\0]*$/.test(name) && new TextEncoder().encode(name).length <= limits.folderNameBytesMax;
}
