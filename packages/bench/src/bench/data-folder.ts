// Where the inputs lie: made once, kept for the next run, whole or not there.

import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeLines, writeWords } from './generate.ts';

export type InputKind = 'words' | 'lines';

const makers: { readonly [kind in InputKind]: (path: string, bytes: number) => void } = { words: writeWords, lines: writeLines };
/** A change of the generators gives their files another name. */
const version = 1;

export interface Input {
  readonly path: string;
  readonly bytes: number;
}

export class DataFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
  }

  /** A file of one kind, `megabytes` (of a million bytes) large. */
  file(kind: InputKind, megabytes: number): Input {
    const path = join(this.path, `${kind}-${megabytes}mb-v${version}.txt`);
    if (!existsSync(path)) {
      const unfinished = `${path}.${process.pid}`;
      makers[kind](unfinished, megabytes * 1e6);
      renameSync(unfinished, path);
    }
    // What is read for the first time must not pay for the disk.
    readFileSync(path);
    return { path, bytes: statSync(path).size };
  }

  /** A folder in which that file stands so many times under different names: large input that takes little disk. */
  repeated(input: Input, times: number): Input {
    const folder = `${input.path.replace(/\.txt$/, '')}-x${times}`;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (let copy = 0; copy < times; copy++) linkSync(input.path, join(folder, `copy-${String(copy).padStart(3, '0')}.txt`));
    return { path: folder, bytes: input.bytes * times };
  }

  /** An empty folder for what one measured run writes. */
  scratch(): string {
    const folder = join(this.path, 'scratch');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    return folder;
  }
}
