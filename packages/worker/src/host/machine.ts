// Which machine this is: two workers with equal names see the same files under the same paths. The host name alone would
// make two containers of one image equal to each other; the boot id alone would make them equal to the machine they run on.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** `hostname/boot-id` on Linux, the host name elsewhere. */
export function machineName(): string {
  const bootId = readOrNull('/proc/sys/kernel/random/boot_id');
  return bootId === null ? hostname() : `${hostname()}/${bootId}`;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
