// A key or record as a short text for people: JSON where JSON can, with bigint, Date and bytes readable.

import { limits } from '@sheaf/protocol';

/** At most `charsMax` characters. */
export function keyText(key: unknown, charsMax: number = limits.recordPreviewChars): string {
  let text: string;
  try {
    text = JSON.stringify(key, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) ?? String(key);
  } catch {
    text = String(key);
  }
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
}
