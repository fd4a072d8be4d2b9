// The journal's goal: what was acknowledged is replayed, in order, whatever happened to the process, and what the disk changed
// is found before use. Method: real files; a crash is a copy of the files of an open journal; damage is done to the bytes.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../packages/coordinator/src/server/journal.ts';
import { JournalError } from '../../../packages/coordinator/src/server/journal-error.ts';
import { openSqlite } from '../../../packages/coordinator/src/server/sqlite.ts';

interface Entry {
  readonly n: number;
  readonly text?: string;
  readonly bytes?: Uint8Array;
}

/** In memory where there is such a folder: what is tried here are bytes, some thousand times, and not the speed of a disk. */
const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
let directory = '';
let images = 0;
beforeEach(() => {
  directory = mkdtempSync(join(base, 'sheaf-journal-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const stateDir = (): string => join(directory, 'state');
const open = (path = stateDir()): Promise<Journal<Entry>> => Journal.open<Entry>(path);
const replayed = (journal: Journal<Entry>): number[] => [...journal.replay()].map(entry => entry.n);

/** A copy of the files as they are now: what a process that is killed here leaves behind. */
function image(of = stateDir()): string {
  images += 1;
  const path = join(directory, `image-${images}`);
  mkdirSync(path);
  for (const name of readdirSync(of)) copyFileSync(join(of, name), join(path, name));
  return path;
}

/** The numbers that a state directory replays, or the code of the error that it gives. */
async function outcome(path: string): Promise<number[] | string> {
  try {
    const journal = await open(path);
    const numbers = replayed(journal);
    journal.close();
    return numbers;
  } catch (error) {
    return error instanceof JournalError ? error.code : `unexpected: ${error}`;
  }
}

/** A closed journal of one file that holds the numbers 0 to 9, and where a text of its fifth record lies in it. */
async function closedJournal(): Promise<{ readonly bytes: Buffer; readonly textAt: number }> {
  const journal = await open();
  for (let n = 0; n < 10; n += 1) await journal.append([{ n, text: `the text of record ${n}` }]);
  journal.close();
  const bytes = readFileSync(join(stateDir(), 'journal.db'));
  return { bytes, textAt: bytes.indexOf('the text of record 5') };
}

describe('append and replay', () => {
  it('gives back the records of earlier lives in order, and an epoch more with each life', async () => {
    const first = await open();
    expect([first.epoch, replayed(first)]).toEqual([1, []]);
    await Promise.all([first.append([{ n: 1 }, { n: 2 }]), first.append([{ n: 3, bytes: Uint8Array.of(0, 255) }])]);
    first.close();
    const second = await open();
    expect([second.epoch, replayed(second)]).toEqual([2, [1, 2, 3]]);
    expect([...second.replay()][2]).toEqual({ n: 3, bytes: Uint8Array.of(0, 255) });
    await second.append([{ n: 4 }]);
    expect(replayed(second)).toEqual([1, 2, 3]);
    second.close();
    const third = await open();
    expect([third.epoch, replayed(third)]).toEqual([3, [1, 2, 3, 4]]);
    third.close();
  });

  it('writes what came in one turn of the event loop in one transaction', async () => {
    const journal = await open();
    const order: number[] = [];
    await Promise.all(Array.from({ length: 100 }, (_, n) => journal.append([{ n }]).then(() => order.push(n))));
    expect(order).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(await outcome(image())).toEqual(order);
    journal.close();
  });

  it('keeps all it acknowledged when the process is killed, at any moment', async () => {
    const journal = await open();
    for (let n = 0; n < 20; n += 1) {
      await journal.append([{ n }]);
      expect(await outcome(image())).toEqual(Array.from({ length: n + 1 }, (_, i) => i));
    }
    journal.close();
  });

  it('starts with a log cut at any place, on what was whole before the cut', async () => {
    const journal = await open();
    for (let n = 0; n < 5; n += 1) await journal.append([{ n, text: 'x'.repeat(300) }]);
    const log = (path: string): string => join(path, 'journal.db-wal');
    const size = statSync(log(stateDir())).size;
    for (let cut = 0; cut <= size; cut += 127) {
      const path = image();
      truncateSync(log(path), cut);
      const numbers = await outcome(path);
      expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i));
    }
    journal.close();
  });
});

describe('damage', () => {
  it('finds every changed byte of a row', async () => {
    const { bytes, textAt } = await closedJournal();
    const path = image();
    const file = join(path, 'journal.db');
    for (let at = textAt - 24; at < textAt + 20; at += 1) {
      for (const flip of [0x01, 0x80]) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] as number) ^ flip;
        writeFileSync(file, damaged);
        expect(await outcome(path), `byte ${at - textAt} ^ ${flip}`).toBe('E_JOURNAL_CORRUPT');
      }
    }
  });

  it('anywhere else in the file is found as well or changes nothing', async () => {
    const { bytes } = await closedJournal();
    const path = image();
    const file = join(path, 'journal.db');
    const outcomes = new Set<string>();
    for (let at = 0; at < bytes.length; at += 23) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ 0xff;
      writeFileSync(file, damaged);
      outcomes.add(JSON.stringify(await outcome(path)));
      rmSync(join(path, 'journal.db-wal'), { force: true });
    }
    const allowed = ['[0,1,2,3,4,5,6,7,8,9]', '"E_JOURNAL_CORRUPT"', '"E_STATE_VERSION"'];
    expect([...outcomes].filter(found => !allowed.includes(found))).toEqual([]);
  });

  it.each([
    ['a missing row', 'DELETE FROM journal WHERE sequence = 5', 'row 5 of the journal: it is missing'],
    ['a missing end', 'DELETE FROM journal WHERE sequence > 9', 'row 11 of the journal: it should be the last one'],
    ['a missing beginning', 'DELETE FROM journal WHERE sequence < 5', 'row 5 of the journal: rows before it are missing'],
    ['a lost head', 'DELETE FROM head', 'row 11 of the journal: the journal lost either its rows or its head'],
    ['another epoch', 'UPDATE journal SET epoch = 7 WHERE sequence = 4', 'row 4 of the journal: its checksum does not hold'],
    ['a foreign body', 'UPDATE journal SET body = (SELECT body FROM journal WHERE sequence = 3) WHERE sequence = 4', 'row 4'],
  ])('%s is named', async (_, sql, message) => {
    await closedJournal();
    const database = await openSqlite(join(stateDir(), 'journal.db'));
    database.exec(sql);
    database.close();
    await expect(open()).rejects.toThrow(message);
    await expect(open()).rejects.toThrow(expect.objectContaining({ code: 'E_JOURNAL_CORRUPT' }));
  });

  it('of the format version is refused with both versions', async () => {
    await closedJournal();
    const database = await openSqlite(join(stateDir(), 'journal.db'));
    database.exec('PRAGMA user_version = 9');
    database.close();
    await expect(open()).rejects.toThrow('the journal has format 9, this version of Sheaf reads format 1');
  });
});

describe('the lock', () => {
  it('refuses a second coordinator and names the first', async () => {
    const journal = await open();
    await expect(open()).rejects.toThrow(new RegExp(`E_STATE_LOCKED: another coordinator works on .*: process ${process.pid} on `));
    await journal.append([{ n: 1 }]);
    journal.close();
    expect(await outcome(stateDir())).toEqual([1]);
  });

  it('of a dead process is none', async () => {
    const journal = await open();
    await journal.append([{ n: 1 }]);
    const left = image();
    expect(existsSync(join(left, 'coordinator.json'))).toBe(true);
    expect(await outcome(left)).toEqual([1]);
    journal.close();
  });
});

describe('replacement', () => {
  it('puts a snapshot in the place of the journal and keeps chain and epochs', async () => {
    const journal = await open();
    await journal.append(Array.from({ length: 100 }, (_, n) => ({ n })));
    const unawaited = journal.append([{ n: 100 }]);
    journal.replaceWith([{ n: 50 }, { n: 60 }]);
    await unawaited;
    expect(journal.rows).toBe(3);
    await journal.append([{ n: 1000 }]);
    expect(await outcome(image())).toEqual([50, 60, 1000]);
    journal.close();
    const next = await open();
    expect(next.epoch).toBe(2);
    next.replaceWith([{ n: 1 }]);
    next.close();
    expect(await outcome(stateDir())).toEqual([1]);
    const last = await open();
    expect(last.epoch).toBe(4);
    last.close();
  });

  it('of which the beginning went missing is found', async () => {
    const journal = await open();
    await journal.append([{ n: 1 }]);
    journal.replaceWith([{ n: 1 }, { n: 2 }]);
    journal.close();
    const database = await openSqlite(join(stateDir(), 'journal.db'));
    database.exec('DELETE FROM journal WHERE sequence = (SELECT min(sequence) FROM journal)');
    database.close();
    expect(await outcome(stateDir())).toBe('E_JOURNAL_CORRUPT');
  });
});

describe('an error of the disk', () => {
  it('halts the journal for good', async () => {
    const journal = await open();
    await journal.append([{ n: 1 }]);
    const broken = journal as unknown as { database: { exec(sql: string): void } };
    broken.database.exec('DROP TABLE head');
    await expect(journal.append([{ n: 2 }])).rejects.toThrow('E_JOURNAL_WRITE');
    await expect(journal.append([{ n: 3 }])).rejects.toThrow('E_JOURNAL_WRITE');
    journal.close();
  });
});
