// Small texts: quantities, tables, escaping, and addresses of coordinators.

import { UsageError } from '@sheaf/protocol';
import { describe, expect, it, test } from 'vitest';
import { cut, escaped } from '../../../packages/sheaf/src/cli/printable.ts';
import { bytesText, countText, durationText } from '../../../packages/sheaf/src/cli/quantities.ts';
import { tableLines } from '../../../packages/sheaf/src/cli/tables.ts';
import { addressText, parseAddress } from '../../../packages/sheaf/src/submit/coordinator-address.ts';

test('quantities are short', () => {
  expect([0, 999, 1000, 1_234_567, 999_999, 5e12].map(bytesText)).toEqual(['0 B', '999 B', '1.0 kB', '1.2 MB', '1.0 MB', '5.0 TB']);
  expect([0, 12, 1500, 2e9].map(countText)).toEqual(['0', '12', '1.5 k', '2.0 G']);
  expect([0, 950, 61_000, 3_725_000].map(durationText)).toEqual(['0.0 s', '0.9 s', '1m 1s', '1h 2m']);
});

test('text from outside cannot move the cursor', () => {
  expect(escaped('a\u001b[2Jb\r\n\u202e\ud800 é😀')).toBe('a\\x1b[2Jb\\r\\n\\u202e\\ud800 é😀');
  expect(cut('abcdef', 4)).toBe('abc…');
});

test('columns are as wide as their cells, numbers to the right', () => {
  const rows = [
    ['a', 5],
    ['long', 10],
  ];
  expect(tableLines(['ID', 'N'], rows)).toEqual(['ID     N', 'a      5', 'long  10']);
});

describe('an address', () => {
  test.each([
    ['ws://host:1', 'ws://host:1'],
    ['http://host:80', 'ws://host:80'],
    ['host', 'ws://host:7077'],
    ['host:9', 'ws://host:9'],
    ['wss://host', 'wss://host:7077'],
    ['ws://[::1]:5', 'ws://[::1]:5'],
    [' ws://host:1/ ', 'ws://host:1'],
  ])('%s is %s', (text, expected) => {
    expect(addressText(parseAddress(text, null))).toBe(expected);
  });

  it.each(['ftp://host', 'ws://', 'ws://user:secret@host', 'ws://ho st:1'])('%s is refused', text => {
    expect(() => parseAddress(text, null)).toThrow(UsageError);
  });

  it('never shows the password it refuses', () => {
    expect(() => parseAddress('ws://user:secret@host', null)).toThrow(/^(?!.*secret)/);
  });
});
