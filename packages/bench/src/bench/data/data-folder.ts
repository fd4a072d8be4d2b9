// Where the inputs lie: made once, kept for the next run, whole or not there.

import { closeSync, existsSync, linkSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeDocuments, writeLines, writeNoise, writeWords } from './generate.ts';
import { writeSales, writeUsers } from './tables.ts';

export type InputKind = 'words' | 'lines' | 'noise' | 'documents';

const makers: { readonly [kind in InputKind]: (path: string, bytes: number) => void } = {
  words: writeWords,
  lines: writeLines,
  noise: writeNoise,
  documents: writeDocuments,
};
/** A change of the generators gives their files another name. */
const version = 1;
const salesPerUser = 50;

export interface Input {
  /** A file, or a folder of files. */
  readonly path: string;
  readonly bytes: number;
}

export interface Tables {
  readonly sales: Input;
  readonly users: Input;
  readonly rows: number;
}

export class DataFolder {
  readonly path: string;
  private readonly scratchPath: string;

  /** What runs write goes below `scratchIn`, by default the same folder. */
  constructor(path: string, scratchIn: string = path) {
    this.path = path;
    this.scratchPath = join(scratchIn, 'scratch');
    mkdirSync(path, { recursive: true });
  }

  /** A file of one kind, `megabytes` (of a million bytes) large. */
  file(kind: InputKind, megabytes: number): Input {
    return this.made(`${kind}-${megabytes}mb-v${version}.txt`, path => makers[kind](path, megabytes * 1e6));
  }

  /** So many sales as CSV, and who bought. */
  tables(rows: number): Tables {
    const users = Math.max(10, Math.floor(rows / salesPerUser));
    return {
      sales: this.made(`sales-${rows}-v${version}.csv`, path => writeSales(path, { rows, users })),
      users: this.made(`users-${users}-v${version}.csv`, path => writeUsers(path, users)),
      rows,
    };
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
    this.removeScratch();
    mkdirSync(this.scratchPath, { recursive: true });
    return this.scratchPath;
  }

  removeScratch(): void {
    rmSync(this.scratchPath, { recursive: true, force: true });
  }

  private made(name: string, make: (path: string) => void): Input {
    const path = join(this.path, name);
    if (!existsSync(path)) {
      const unfinished = `${path}.${process.pid}`;
      make(unfinished);
      renameSync(unfinished, path);
    }
    const input = { path, bytes: statSync(path).size };
    warm(input);
    return input;
  }
}

const warmBuffer = new Uint8Array(4 << 20);

/** Reads all of it: what is measured must not pay for the disk that its input comes from. */
export function warm({ path }: Input): void {
  for (const file of filesOf(path)) {
    const descriptor = openSync(file, 'r');
    while (readSync(descriptor, warmBuffer) > 0);
    closeSync(descriptor);
  }
}

/** The file itself, or the files of a folder. */
export function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .map(name => join(path, name));
}
