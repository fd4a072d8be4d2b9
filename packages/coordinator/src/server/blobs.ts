// Bytes that travel beside the messages: bundles, source maps, spools of items. Each is a file named by the sha256 of its
// contents, so that a transfer may be repeated by anyone and is checked by its name. A file under its name is whole and on disk.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, type ReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export type PutOutcome = 'stored' | 'other-contents' | 'too-large';

const blobName = /^[0-9a-f]{64}$/;

export class BlobStore {
  private readonly directory: string;
  private uploads = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Opens the folder, making it when it is missing, and removes what interrupted uploads left. */
  static async open(directory: string): Promise<BlobStore> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) if (!blobName.test(name)) await rm(join(directory, name), { force: true });
    return new BlobStore(directory);
  }

  /** Takes bytes to their end. Whatever is not exactly the named contents leaves nothing behind. */
  async put(sha256: string, source: Readable, bytesMax: number): Promise<PutOutcome> {
    this.uploads += 1;
    const temporary = join(this.directory, `upload-${this.uploads}`);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      await pipeline(
        source,
        async function* measured(chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            bytes += chunk.length;
            if (bytes > bytesMax) throw new TooLarge();
            hash.update(chunk);
            yield chunk;
          }
        },
        createWriteStream(temporary, { mode: 0o600, flags: 'wx', flush: true }),
      );
      if (hash.digest('hex') !== sha256) return 'other-contents';
      await rename(temporary, this.path(sha256));
      await syncFolder(this.directory);
      return 'stored';
    } catch (error) {
      if (error instanceof TooLarge) return 'too-large';
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** The size of a blob, or null when it is not here. It counts as just uploaded: whoever asks is about to submit a job with it. */
  async claim(sha256: string): Promise<number | null> {
    const now = new Date();
    try {
      await utimes(this.path(sha256), now, now);
      return (await stat(this.path(sha256))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  read(sha256: string): ReadStream {
    return createReadStream(this.path(sha256));
  }

  /** Removes what no job needs and what was not just uploaded for a job to come. */
  async sweep(isNeeded: (sha256: string) => boolean, uploadedBeforeMs: number): Promise<void> {
    for (const name of await readdir(this.directory)) {
      if (!blobName.test(name) || isNeeded(name)) continue;
      const found = await stat(this.path(name)).catch(() => null);
      // Asked again, as a job may have come while the disk was.
      if (found !== null && found.mtimeMs < uploadedBeforeMs && !isNeeded(name)) await rm(this.path(name), { force: true });
    }
  }

  private path(sha256: string): string {
    if (!blobName.test(sha256)) throw new Error('not a sha256');
    return join(this.directory, sha256);
  }
}

class TooLarge extends Error {}

/** A rename is on disk when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
