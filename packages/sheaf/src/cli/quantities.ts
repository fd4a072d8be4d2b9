// Numbers as people read them: short, with a unit, at most three figures that matter.

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** 1234567 → '1.2 MB'. */
export function bytesText(bytes: number): string {
  return scaled({ value: bytes, step: 1000, units: byteUnits });
}

/** 1234567 → '1.2 M'. */
export function countText(count: number): string {
  return scaled({ value: count, step: 1000, units: ['', 'k', 'M', 'G', 'T'] }).trimEnd();
}

/** 83000 → '1m 23s', 950 → '0.9 s'. */
export function durationText(durationMs: number): string {
  const seconds = Math.max(0, durationMs) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${Math.floor(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

/** 'task' and 2 → '2 tasks'. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function scaled({ value, step, units }: { value: number; step: number; units: readonly string[] }): string {
  let rest = value;
  let unit = 0;
  // 999.95 of a unit would be written as 1000.0 of it.
  while (rest >= step - 0.05 && unit < units.length - 1) {
    rest /= step;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}
