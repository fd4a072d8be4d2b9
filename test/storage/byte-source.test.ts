// Reading listed files: plain and gzip, from any offset, in pieces of any size; and what is said of files that are not as planned.

import { appendFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { fc, test as property } from '@fast-check/vitest';
import { FailureError } from '@sheaf/protocol';
import { lineNumberAt, listFiles, openBytes } from '@sheaf/storage';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './temporary.ts';

async function read(path: string, from = 0, limit = 65_536): Promise<Buffer> {
  const [file] = await listFiles([path], { cwd: '/' });
  if (file === undefined) throw new Error('no file');
  const source = openBytes(file, from);
  const target = Buffer.alloc(limit + 9, 0x55);
  const chunks: Buffer[] = [];
  try {
    for (;;) {
      const length = await source.read(target, 4, limit);
      if (length === 0) break;
      chunks.push(Buffer.from(target.subarray(4, 4 + length)));
      expect(target.subarray(4 + limit)).toEqual(Buffer.alloc(5, 0x55));
    }
  } finally {
    source.close();
  }
  return Buffer.concat(chunks);
}

/** A gzip member of exactly `bytes` bytes: its header carries a comment to fill it up. */
function memberOf(content: Buffer, bytes: number): Buffer {
  const body = deflateRawSync(content);
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(content), 0);
  tail.writeUInt32LE(content.length, 4);
  const comment = Buffer.alloc(bytes - 10 - body.length - 8, 0x63);
  comment[comment.length - 1] = 0;
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 16, 0, 0, 0, 0, 0, 255]), comment, body, tail]);
}

const contents = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 });

describe('plain files', () => {
  test('from any offset', async () => {
    const path = join(temporaryFolder(), 'f');
    writeFileSync(path, 'hello world');
    expect((await read(path)).toString()).toBe('hello world');
    expect((await read(path, 6, 2)).toString()).toBe('world');
    expect(await read(path, 11)).toHaveLength(0);
    writeFileSync(path, '');
    expect(await read(path)).toHaveLength(0);
  });
});

describe('gzip files', () => {
  property.prop([contents, fc.nat(40), fc.integer({ min: 1, max: 50 }), fc.nat(20)], { numRuns: 60 })(
    'of any members',
    async (members, zeros, limit, from) => {
      const path = join(temporaryFolder(), 'f.gz');
      writeFileSync(path, Buffer.concat([...members.map(of => gzipSync(of)), Buffer.alloc(members.length > 0 ? zeros : 0)]));
      const whole = Buffer.concat(members);
      expect(await read(path, Math.min(from, whole.length), limit)).toEqual(whole.subarray(from));
    },
  );

  test('larger than all buffers', async () => {
    const path = join(temporaryFolder(), 'f.gz');
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => `line ${i * 7919}\n`).join(''));
    writeFileSync(path, Buffer.concat([gzipSync(content.subarray(0, 1_000_000)), gzipSync(content.subarray(1_000_000))]));
    expect((await read(path, 0, 100_000)).equals(content)).toBe(true);
    expect((await read(path, 2_000_000)).equals(content.subarray(2_000_000))).toBe(true);
  });

  // A member that ends where a block of reading ends is where readers forget what follows.
  const first = memberOf(Buffer.from('first'), 65_536);
  const cases: readonly (readonly [string, Buffer, string | RegExp])[] = [
    ['two members', Buffer.concat([first, gzipSync('second')]), 'firstsecond'],
    ['zeros', Buffer.concat([first, Buffer.alloc(70_000)]), 'first'],
    ['junk', Buffer.concat([first, Buffer.from('junk')]), /f\.gz: is no whole gzip file: .* after \d+ packed and \d+ unpacked bytes/],
    ['junk behind zeros', Buffer.concat([first, Buffer.alloc(10), Buffer.from('junk')]), /is no whole gzip file/],
    ['a member behind zeros', Buffer.concat([first, Buffer.alloc(70_000), gzipSync('lost')]), /is no whole gzip file/],
    ['half a header', Buffer.concat([first, Buffer.from([0x1f])]), /is no whole gzip file/],
  ];
  test.each(cases)('with a member at a border, then %s', async (_, bytes, expected) => {
    const path = join(temporaryFolder(), 'f.gz');
    writeFileSync(path, bytes);
    if (typeof expected === 'string') expect((await read(path)).toString()).toBe(expected);
    else await expect(read(path)).rejects.toThrow(expected);
  });

  const packed = gzipSync(Buffer.from('some text that is packed, some text that is packed'));
  const broken: readonly (readonly [string, Buffer])[] = [
    ['cut short', packed.subarray(0, packed.length - 9)],
    ['cut in its trailer', packed.subarray(0, packed.length - 1)],
    ['cut in its header', packed.subarray(0, 5)],
    ['followed by junk', Buffer.concat([packed, Buffer.from('junk')])],
    ['followed by zeros and junk', Buffer.concat([packed, Buffer.alloc(3), Buffer.from('junk')])],
    ['no gzip', Buffer.from('plain text')],
    ['with a wrong checksum', Buffer.concat([packed.subarray(0, -8), Buffer.alloc(4), packed.subarray(-4)])],
  ];
  test.each(broken)('that are %s', async (_, bytes) => {
    const path = join(temporaryFolder(), 'f.gz');
    writeFileSync(path, bytes);
    const error = await read(path).catch(thrown => thrown);
    expect(error).toBeInstanceOf(FailureError);
    expect(error.failure).toMatchObject({ code: 'E_INPUT_UNREADABLE', record: { file: path } });
  });

  test('closed in the middle leave nothing running', async () => {
    const path = join(temporaryFolder(), 'f.gz');
    writeFileSync(path, gzipSync(Buffer.alloc(10_000_000)));
    const [file] = await listFiles([path], { cwd: '/' });
    const source = openBytes(file as NonNullable<typeof file>, 0);
    expect(await source.read(Buffer.alloc(10), 0, 10)).toBe(10);
    source.close();
  });
});

describe('files that are not as planned', () => {
  const change = async (change: (path: string) => void, path = join(temporaryFolder(), 'f')) => {
    writeFileSync(path, 'content');
    const [file] = await listFiles([path], { cwd: '/' });
    change(path);
    try {
      openBytes(file as NonNullable<typeof file>, 0).close();
    } catch (error) {
      return (error as FailureError).failure;
    }
    return null;
  };

  test('another size, another time, gone', async () => {
    expect(await change(path => appendFileSync(path, 'more'))).toMatchObject({
      code: 'E_INPUT_CHANGED',
      message: expect.stringMatching(/had 7 bytes, now it has 11/),
    });
    expect(await change(path => utimesSync(path, 1, 1))).toMatchObject({
      code: 'E_INPUT_CHANGED',
      message: expect.stringContaining('1970-01-01T00:00:01.000Z'),
    });
    expect(await change(path => rmSync(path))).toMatchObject({ code: 'E_INPUT_UNREADABLE', message: expect.stringContaining('ENOENT') });
    expect(await change(() => {})).toBeNull();
  });

  test('cut off while they are read', async () => {
    const path = join(temporaryFolder(), 'f');
    writeFileSync(path, 'content');
    const [file] = await listFiles([path], { cwd: '/' });
    const source = openBytes(file as NonNullable<typeof file>, 0);
    expect(source.read(Buffer.alloc(3), 0, 3)).toBe(3);
    writeFileSync(path, 'c');
    expect(() => source.read(Buffer.alloc(9), 0, 9)).toThrow('now it ends at 3');
    source.close();
  });
});

describe('line numbers', () => {
  test('count line feeds before the offset', async () => {
    const path = join(temporaryFolder(), 'f');
    const text = `a\nb\r\n\nd${'x'.repeat(200_000)}\ne`;
    writeFileSync(path, text);
    writeFileSync(`${path}.gz`, gzipSync(text));
    for (const [offset, line] of [
      [0, 1],
      [1, 1],
      [2, 2],
      [5, 3],
      [6, 4],
      [text.length - 1, 5],
      [1e9, 5],
    ] as const) {
      expect([offset, await lineNumberAt(path, null, offset)]).toEqual([offset, line]);
      expect([offset, await lineNumberAt(`${path}.gz`, 'gzip', offset)]).toEqual([offset, line]);
    }
  });
});
