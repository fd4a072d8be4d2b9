// Progress on a terminal is redrawn in place and fits its width; piped it is plain lines, few of them; a cause is told once.

import type { JobId } from '@sheaf/protocol';
import type { JobNote, JobStatus, StageStatus } from '@sheaf/protocol/messages';
import { describe, expect, it } from 'vitest';
import { makeProgress, type Progress } from '../../../packages/sheaf/src/cli/progress.ts';

class Stream {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  constructor(isTTY: boolean, columns = 80, rows = 24) {
    this.isTTY = isTTY;
    this.columns = columns;
    this.rows = rows;
  }
  write(text: string): void {
    this.text += text;
  }
}

const stage = (done: number, running: number, records = 0): StageStatus => ({
  ...{ name: 'map', total: 12, done, running, failed: 0, records, bytes: records * 10 },
});
const status = (stages: readonly StageStatus[], state: JobStatus['state'] = 'running'): JobStatus => ({
  ...{ id: 'j000000000000' as JobId, name: 'word-count', state, stages, counters: {}, output: [], error: null },
  ...{ submittedAt: 0, startedAt: null, endedAt: null },
});
const note = (message: string): JobNote => ({
  ...{ at: 0, kind: 'attempt-failed', text: 'map@1', failure: { code: 'E_USER_CODE', message } },
});

function start(stream: Stream): { readonly progress: Progress; at: number } {
  const clock = { at: 0 };
  const options = { stream, color: false, now: () => clock.at, noteLine: (of: JobNote) => `! ${of.failure?.message}` };
  return Object.assign(clock, { progress: makeProgress(options) });
}

/** What a terminal would show after these bytes. */
function screen(text: string): string[] {
  const lines: string[] = [''];
  let row = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal obeys.
  for (const part of text.match(/\u001b\[\d*[A-Z]|\n|[^\u001b\n]+/g) ?? []) {
    if (part === '\n') lines[++row] ??= '';
    else if (part === '\u001b[J') lines.splice(row, lines.length, '');
    else if (part.startsWith('\u001b[')) row -= Number(part.slice(2, -1));
    else lines[row] = (lines[row] ?? '') + part;
  }
  return lines.slice(0, row);
}

describe('on a terminal', () => {
  it('that says it has no size, 80 columns are taken for granted', () => {
    const stream = new Stream(true, 0, 0);
    const { progress } = start(stream);
    progress.status(status([stage(3, 2, 1500)]));
    expect(screen(stream.text)[1]).toMatch(/^ {2}map .*3\/12 · 2 running/);
  });

  it('stages stay in place, and what is said stays above them', () => {
    const stream = new Stream(true);
    const { progress } = start(stream);
    progress.status(status([stage(0, 2)]));
    progress.status(status([stage(3, 2, 1500)]));
    progress.note(note('boom'));
    progress.status(status([stage(12, 0, 9000)]));
    progress.end();
    expect(screen(stream.text)).toEqual(['! boom', 'word-count running', '  map  ██████████ 12/12 · 9.0 k records']);
  });

  it('no line is wider than a narrow terminal', () => {
    const stream = new Stream(true, 24);
    const { progress } = start(stream);
    progress.status(status([stage(3, 2, 1_234_567)]));
    expect(screen(stream.text).every(line => line.length < 24)).toBe(true);
  });

  it('a second end draws nothing', () => {
    const stream = new Stream(true);
    const { progress } = start(stream);
    progress.status(status([stage(12, 0, 1)], 'succeeded'));
    progress.end();
    const { text } = stream;
    progress.end();
    expect(stream.text).toBe(text);
    expect(screen(text)).toEqual(['word-count succeeded', '  map  ██████████ 12/12 · 1 record']);
  });

  it('of many stages those are shown that the screen has room for', () => {
    const stream = new Stream(true, 80, 5);
    const { progress } = start(stream);
    progress.status(status(Array.from({ length: 9 }, (_, at) => ({ ...stage(at < 4 ? 12 : 0, 0), name: `stage-${at}` }))));
    expect(screen(stream.text).map(line => line.trim().split(' ')[0])).toEqual(['word-count', 'stage-4', 'stage-5', 'stage-6']);
  });

  it('skipped records are told with the job, from the first on', () => {
    const stream = new Stream(true);
    const { progress } = start(stream);
    const skipping = (records: number) => ({ ...status([stage(3, 2)]), skipped: { records, deadLetters: '/bad' } });
    progress.status(skipping(0));
    expect(screen(stream.text)[0]).toBe('word-count running');
    progress.status(skipping(1_500));
    expect(screen(stream.text)[0]).toBe('word-count running · 1.5 k skipped');
  });

  it('rates are those of the last seconds', () => {
    const stream = new Stream(true);
    const clock = start(stream);
    clock.progress.status(status([stage(0, 2, 0)]));
    clock.at = 2_000;
    clock.progress.status(status([stage(1, 2, 200_000)]));
    expect(screen(stream.text).at(-1)).toContain('200.0 k records · 100.0 k/s · 1.0 MB/s');
  });
});

describe('piped', () => {
  it('a line comes when a stage begins or ends, and seldom in between', () => {
    const stream = new Stream(false);
    const clock = start(stream);
    for (const done of [0, 1, 2, 3, 12]) {
      clock.at += 250;
      clock.progress.status(status([stage(done, done === 12 ? 0 : 1)]));
    }
    clock.progress.end();
    expect(stream.text.split('\n')).toEqual(['word-count running: map 0/12 · 1 running', 'word-count running: map 12/12', '']);
  });

  it('a long stage still gives a sign of life', () => {
    const stream = new Stream(false);
    const clock = start(stream);
    for (let second = 0; second < 20; second += 1) {
      clock.at = second * 1000;
      clock.progress.status(status([stage(second % 12, 1)]));
    }
    expect(stream.text.split('\n').length - 1).toBe(4);
  });

  it('a stage that is done is said so once, and again when its tasks had to run again', () => {
    const stream = new Stream(false);
    const { progress } = start(stream);
    const say = (first: StageStatus, second: StageStatus): void => progress.status(status([first, { ...second, name: 'join' }]));
    say(stage(12, 0), stage(0, 1));
    say(stage(12, 0), stage(12, 0));
    say(stage(11, 1), stage(12, 0));
    say(stage(12, 0), stage(12, 0));
    expect(stream.text.split('\n').slice(0, -1)).toEqual([
      'word-count running: map 12/12; join 0/12 · 1 running',
      'word-count running: join 12/12',
      'word-count running: map 11/12 · 1 running',
      'word-count running: map 12/12',
    ]);
  });

  it('equal failures are told once and counted', () => {
    const stream = new Stream(false);
    const { progress } = start(stream);
    for (let i = 0; i < 50; i += 1) progress.note(note('boom'));
    progress.note(note('another'));
    progress.end();
    expect(stream.text).toBe('! boom\n! another\n49 more like these\n');
  });
});
