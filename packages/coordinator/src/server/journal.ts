// The coordinator's memory: an append-only table in SQLite, held by one process at a time. What `append` resolved for is on
// the disk and will be replayed; what it did not resolve for may or may not be there, but never in part.
//   open: lock ▸ verify the whole chain ▸ write the start row of a new epoch. Nothing is written before all was verified.
//   append: gathers what one turn of the event loop brings, or all that comes while the disk is busy, into one transaction.
//   sync: SQLite writes its log and does not wait for the disk; the journal syncs that log itself, in the background, so that the
//   coordinator goes on meanwhile. A transaction whose log is synced survives: SQLite takes up its log as far as it is whole.
//   A failed write is final: retrying an fsync after an error may report success for data that is gone. The coordinator halts.

import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Epoch, epochOf } from '@sheaf/protocol';
import { Packr } from 'msgpackr';
import { chainedCrc, type JournalRow, rowKinds, verifyChain } from './journal-chain.ts';
import { JournalError } from './journal-error.ts';
import { openSqlite, type SqliteDatabase, type SqliteStatement, type SqliteValue } from './sqlite.ts';

const formatVersion = 1;
const codec = new Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true, structuredClone: false, copyBuffers: true });

interface Waiting {
  readonly bodies: readonly Uint8Array[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Journal<JournalRecord extends object> {
  readonly epoch: Epoch;
  private readonly database: SqliteDatabase;
  private readonly insert: SqliteStatement;
  private readonly setHead: SqliteStatement;
  private readonly firstOfThisLife: number;
  private last: Pick<JournalRow, 'sequence' | 'crc'>;
  private rowsHeld: number;
  /** SQLite's log, opened once more. */
  private readonly log: number;
  private waiting: Waiting[] = [];
  /** Written, and perhaps not on the disk yet. */
  private written: Waiting[] = [];
  private isSyncing = false;
  private isClosed = false;
  private nextFlush: NodeJS.Immediate | null = null;
  private halted: Error | null = null;

  private constructor(database: SqliteDatabase, before: JournalRow | null, path: string) {
    this.database = database;
    this.insert = database.prepare('INSERT INTO journal (sequence, epoch, crc, body) VALUES (?, ?, ?, ?)');
    this.setHead = database.prepare('INSERT OR REPLACE INTO head (id, sequence, crc) VALUES (1, ?, ?)');
    this.epoch = epochOf((before?.epoch ?? 0) + 1);
    this.last = before ?? { sequence: 0, crc: 0 };
    this.firstOfThisLife = this.last.sequence + 1;
    this.rowsHeld = Number(database.prepare('SELECT count(*) AS count FROM journal').get()?.count);
    this.write([bodyOf(rowKinds.start, { version: formatVersion })]);
    this.log = openSync(`${path}-wal`, 'r+');
    this.syncNow();
  }

  /** Takes the state directory, verifies what it holds and starts a new epoch on it, durably. Throws JournalError. */
  static async open<JournalRecord extends object>(stateDir: string): Promise<Journal<JournalRecord>> {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    const path = join(stateDir, 'journal.db');
    const database = await openSqlite(path);
    try {
      await lock(database, stateDir);
      prepareTables(database);
      return new Journal<JournalRecord>(database, verify(database), path);
    } catch (error) {
      release(database);
      throw asJournalError(error);
    }
  }

  /** How many rows there are, of all lives. */
  get rows(): number {
    return this.rowsHeld;
  }

  /** The records of earlier lives, in the order they were appended. For the start of a life: a replacement makes them its own. */
  *replay(): IterableIterator<JournalRecord> {
    for (const row of rowsOf(this.database)) {
      if (row.sequence >= this.firstOfThisLife) return;
      if (row.body[0] === rowKinds.record) yield codec.unpack(row.body.subarray(1)) as JournalRecord;
    }
  }

  /** Resolves when the records are on the disk, in this order and after all that was appended before. */
  append(records: readonly JournalRecord[]): Promise<void> {
    if (this.halted !== null) return Promise.reject(this.halted);
    const bodies = records.map(record => bodyOf(rowKinds.record, record));
    return new Promise((resolve, reject) => {
      this.waiting.push({ bodies, resolve, reject });
      if (this.nextFlush === null && !this.isSyncing) this.nextFlush = setImmediate(() => this.flush());
    });
  }

  /** From here on the journal is these records, behind a checkpoint row that begins a new chain: one transaction. */
  replaceWith(records: Iterable<JournalRecord>): void {
    this.settle();
    if (this.halted !== null) throw this.halted;
    const { sequence } = this.last;
    this.last = { sequence, crc: 0 };
    this.write(snapshotBodies(records), sequence);
    this.syncNow();
  }

  /** Writes what waits and lets go of the state directory. */
  close(): void {
    this.settle();
    this.halted ??= new Error('the journal is closed');
    this.isClosed = true;
    if (!this.isSyncing) closeSync(this.log);
    release(this.database);
  }

  /** Writes what waits, and then syncs it while the next gathers. */
  private flush(): void {
    this.nextFlush = null;
    if (!this.writeWaiting()) return;
    this.isSyncing = true;
    fdatasync(this.log, error => {
      this.isSyncing = false;
      if (this.isClosed) closeSync(this.log);
      if (this.halted !== null) return;
      if (error === null) this.synced();
      else this.failed(syncError(error));
      if (this.waiting.length > 0) this.flush();
    });
  }

  /** All that was appended until now is on the disk when it returns, or the journal is halted. */
  private settle(): void {
    if (this.nextFlush !== null) clearImmediate(this.nextFlush);
    this.nextFlush = null;
    this.writeWaiting();
    if (this.halted === null && this.written.length > 0) this.syncNow();
  }

  private syncNow(): void {
    try {
      fdatasyncSync(this.log);
    } catch (error) {
      this.failed(syncError(error as Error));
      return;
    }
    this.synced();
  }

  private synced(): void {
    const { written } = this;
    this.written = [];
    for (const { resolve } of written) resolve();
  }

  private failed(error: JournalError): void {
    this.halted = error;
    const lost = [...this.written, ...this.waiting];
    this.written = [];
    this.waiting = [];
    for (const { reject } of lost) reject(error);
  }

  /** Whether there is something to sync. */
  private writeWaiting(): boolean {
    const { waiting } = this;
    if (waiting.length === 0) return false;
    try {
      this.write(waiting.flatMap(({ bodies }) => bodies));
    } catch (error) {
      this.failed(error as JournalError);
      return false;
    }
    this.waiting = [];
    this.written.push(...waiting);
    return true;
  }

  /** One transaction, durable once the log is synced; with `dropUpTo`, the rows up to that sequence leave in the same one. */
  private write(bodies: Iterable<Uint8Array>, dropUpTo = 0): void {
    let { sequence, crc } = this.last;
    const before = sequence;
    let step = 'begin';
    try {
      this.database.exec('BEGIN IMMEDIATE');
      step = 'insert';
      if (dropUpTo > 0) this.database.prepare('DELETE FROM journal WHERE sequence <= ?').run(dropUpTo);
      for (const body of bodies) {
        sequence += 1;
        crc = chainedCrc({ sequence, epoch: this.epoch, body }, crc);
        this.insert.run(sequence, this.epoch, crc, body);
      }
      this.setHead.run(sequence, crc);
      step = 'commit';
      this.database.exec('COMMIT');
    } catch (error) {
      this.halted = new JournalError('E_JOURNAL_WRITE', `the journal could not be written (${step}): ${textOf(error)}`, { cause: error });
      throw this.halted;
    }
    this.last = { sequence, crc };
    this.rowsHeld = (dropUpTo > 0 ? 0 : this.rowsHeld) + sequence - before;
  }
}

/** An exclusive lock of SQLite lives as long as the process, so a dead owner leaves none behind; the file beside it only names the owner. */
async function lock(database: SqliteDatabase, stateDir: string): Promise<void> {
  const ownerPath = join(stateDir, 'coordinator.json');
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; BEGIN EXCLUSIVE; COMMIT');
  } catch (error) {
    if (!/locked|busy/i.test(textOf(error))) throw error;
    const owner = await readFile(ownerPath, 'utf8').catch(() => '{}');
    throw new JournalError('E_STATE_LOCKED', `another coordinator works on ${stateDir}: ${describeOwner(owner)}`);
  }
  await writeFile(ownerPath, JSON.stringify({ pid: process.pid, host: hostname(), startedAt: new Date().toISOString() }), { mode: 0o600 });
}

/** Unlocks and closes. Closing alone would leave the lock until the garbage collector has found every prepared statement. */
function release(database: SqliteDatabase): void {
  try {
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema');
  } catch {
    // A damaged or foreign database: the lock ends with the process, which is about to.
  }
  database.close();
}

function describeOwner(json: string): string {
  try {
    const { pid, host, startedAt } = JSON.parse(json) as { [name: string]: unknown };
    return `process ${pid} on ${host}, since ${startedAt}`;
  } catch {
    return 'a process that has just started';
  }
}

function prepareTables(database: SqliteDatabase): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version !== 0 && version !== formatVersion) {
    throw new JournalError('E_STATE_VERSION', `the journal has format ${version}, this version of Sheaf reads format ${formatVersion}`);
  }
  if (version === formatVersion) return;
  database.exec(`BEGIN IMMEDIATE;
    CREATE TABLE journal (sequence INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
    CREATE TABLE head (id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT;
    PRAGMA user_version = ${formatVersion};
    COMMIT`);
}

function verify(database: SqliteDatabase): JournalRow | null {
  try {
    const head = database.prepare('SELECT sequence, crc FROM head WHERE id = 1').get();
    return verifyChain(rowsOf(database), head === undefined ? null : (head as unknown as JournalRow));
  } catch (error) {
    if (error instanceof JournalError) throw error;
    throw new JournalError('E_JOURNAL_CORRUPT', `the journal cannot be read: ${textOf(error)}`, { cause: error });
  }
}

function rowsOf(database: SqliteDatabase): IterableIterator<JournalRow> {
  const rows: Iterator<{ readonly [column: string]: SqliteValue }> = database
    .prepare('SELECT sequence, epoch, crc, body FROM journal ORDER BY sequence')
    .iterate();
  return rows as unknown as IterableIterator<JournalRow>;
}

function* snapshotBodies(records: Iterable<object>): Generator<Uint8Array> {
  yield bodyOf(rowKinds.checkpoint, { version: formatVersion });
  for (const record of records) yield bodyOf(rowKinds.record, record);
}

function bodyOf(kind: number, content: object): Uint8Array {
  return Buffer.concat([Uint8Array.of(kind), codec.pack(content)]);
}

function asJournalError(error: unknown): unknown {
  if (error instanceof JournalError || !/malformed|not a database|corrupt/i.test(textOf(error))) return error;
  return new JournalError('E_JOURNAL_CORRUPT', `SQLite refuses the journal: ${textOf(error)}`, { cause: error });
}

function syncError(error: Error): JournalError {
  return new JournalError('E_JOURNAL_WRITE', `the journal could not be written (sync): ${textOf(error)}`, { cause: error });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
