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
  return /^[^=\0]+=[^\0]*$/.test(name) && utf8Length(name) <= limits.folderNameBytesMax;
}

/** Counted here, as the scheduler and the agent, which know no runtime, are compiled with this file too. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
