// Which keys the sides of a join had in common: how many, and of each side an example of one that only it had. Most joins that
// give nothing have keys of two types, '7' and 7, and an example shows that at once.

import type { JoinedKeys } from '@sheaf/protocol/messages';
import { keyText } from '../failure/key-text.ts';

const exampleCharsMax = 80;

export class JoinKeys {
  private keys = 0;
  private readonly examples: { left: string | null; right: string | null } = { left: null, right: null };

  /** A key, or a record that is looked up, that both sides have. */
  both(): void {
    this.keys++;
  }

  /** The last of them was of a record that is skipped. */
  takeBack(): void {
    this.keys--;
  }

  /** Whether an example of a side is still wanted. */
  lacks(side: 'left' | 'right'): boolean {
    return this.examples[side] === null;
  }

  /** A key that only one side has. */
  only(side: 'left' | 'right', key: unknown): void {
    this.examples[side] ??= `${keyText(key, exampleCharsMax)} (${typeOf(key)})`;
  }

  /** What the task tells of them. */
  counted(): JoinedKeys {
    return { keys: this.keys, ...this.examples };
  }
}

function typeOf(key: unknown): string {
  if (key === null) return 'null';
  if (Array.isArray(key)) return key.map(typeOf).join(', ');
  if (key instanceof Date) return 'Date';
  return key instanceof Uint8Array ? 'bytes' : typeof key;
}
