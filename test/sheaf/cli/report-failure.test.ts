// What a user reads when a job fails: the record, the cause, the line of the job, worker and attempt, each once.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { LastSeen } from '@sheaf/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateRecord } from '../../../packages/sheaf/src/cli/locate-record.ts';
import { noteText, reportFailure } from '../../../packages/sheaf/src/cli/report-failure.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sheaf-report-'));
  writeFileSync(join(cwd, 'job.ts'), "const first = 1;\n  *map(line) { yield [line.split('=')[1].length, 1]; },\n");
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const options = (): { cwd: string; width: number } => ({ cwd, width: 100 });

describe('a failure is reported', () => {
  it('with file, line and offset, the record, the cause and the source line', () => {
    const report = reportFailure(
      {
        code: 'E_USER_CODE',
        message: "TypeError: Cannot read properties of undefined (reading 'length')",
        record: { file: join(cwd, 'logs/a.txt'), line: 1042, offset: 88211, preview: 'GET /index.html\u001b[2J\tHTTP' },
        stack: `${join(cwd, 'job.ts')}:2:37\nat words (${join(cwd, 'job.ts')}:9:3)`,
        from: { attempt: 'jm4k2aaaabbbb/map@3#1.31', worker: 'wabcdefgh' },
      },
      options(),
    );
    expect(report.split('\n')).toEqual([
      'logs/a.txt:1042 (byte 88211)',
      '  record: GET /index.html\\x1b[2J\\tHTTP',
      "  TypeError: Cannot read properties of undefined (reading 'length')",
      'job.ts:2:37',
      "  2 |   *map(line) { yield [line.split('=')[1].length, 1]; },",
      `    | ${' '.repeat(36)}^`,
      '  at job.ts:2:37',
      '  at words (job.ts:9:3)',
      'in jm4k2aaaabbbb/map@3#1.31 on worker wabcdefgh',
    ]);
  });

  it('with key and value index when it was in a reduce', () => {
    const report = reportFailure({ code: 'E_USER_CODE', message: 'RangeError: no', record: { key: '["a",1]', valueIndex: 7 } }, options());
    expect(report.split('\n')).toEqual(['key ["a",1], value 7', '  RangeError: no']);
  });

  it('with how far it was last seen, when it could say nothing itself', () => {
    const failure = { code: 'E_OUT_OF_MEMORY', message: 'too much' } as const;
    const seen = (lastSeen: LastSeen): string => reportFailure({ ...failure, lastSeen }, options());
    const place = { file: join(cwd, 'in.txt'), line: 3, offset: 20 };
    expect(seen({ records: 1_000, place })).toBe('too much\nit was last seen after 1000 records, at in.txt:3 (byte 20)');
    expect(seen({ records: 1, place: { key: '"k"', valueIndex: 3 } })).toBe('too much\nit was last seen after 1 record, at key "k"');
    expect(seen({ records: 0 })).toBe('too much\nit was last seen after 0 records');
  });

  it('in the words of its code when it is not an error of the job', () => {
    const report = reportFailure({ code: 'E_BAD_RECORD', message: 'the row has 2 cells, not 3' }, options());
    expect(report).toBe('a record could not be decoded or was refused by its schema: the row has 2 cells, not 3');
  });

  it('with its cause said once, whatever stack there is', () => {
    const key = 'key is NaN; a key is a string, finite number, bigint, boolean, null, Date, Uint8Array, or an array of these';
    expect(reportFailure({ code: 'E_BAD_KEY', message: key }, options())).toBe(key);
    const value = { code: 'E_BAD_VALUE', message: 'value.a is a function' } as const;
    const says = 'a value cannot be carried between tasks: value.a is a function';
    expect(reportFailure(value, options())).toBe(says);
    expect(reportFailure({ ...value, stack: 'at map (/nowhere/job.ts:3:4)' }, options()).split('\n')[0]).toBe(says);
  });

  it('without the source line when the file is not here', () => {
    const report = reportFailure({ code: 'E_USER_CODE', message: 'Error: x', stack: '/nowhere/job.ts:3:4' }, options());
    expect(report.split('\n')).toEqual(['Error: x', '/nowhere/job.ts:3:4', '  at /nowhere/job.ts:3:4']);
  });

  it('in one line while the job goes on', () => {
    const failure = { code: 'E_BAD_RECORD', message: 'no number: "x"\nin column a', record: { file: '/data/a.csv', offset: 12 } } as const;
    const line = noteText({ at: 0, kind: 'attempt-failed', text: `map@1 on wabcdefgh: ${failure.message}`, failure }, { cwd, width: 200 });
    expect(line).toBe('map@1 on wabcdefgh: no number: "x" at /data/a.csv (byte 12)');
  });

  it('with the line of the record, counted in the unpacked file', async () => {
    const plain = join(cwd, 'rows.txt');
    const packed = `${plain}.gz`;
    writeFileSync(plain, 'one\ntwo\nthree\n');
    writeFileSync(packed, gzipSync('one\ntwo\nthree\n'));
    for (const file of [plain, packed]) {
      const { record } = await locateRecord({ code: 'E_BAD_RECORD', message: 'x', record: { file, offset: 8 } });
      expect(record?.line).toBe(3);
    }
    const gone = { code: 'E_BAD_RECORD', message: 'x', record: { file: join(cwd, 'gone.txt'), offset: 8 } } as const;
    expect(await locateRecord(gone)).toEqual(gone);
  });
});
