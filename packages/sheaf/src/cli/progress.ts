// A running job on standard error: drawn in place on a terminal, plain lines elsewhere. Standard output is for results.
// Statuses may come several times a second; what is shown of them is bounded in both forms.

import type { JobNote, JobStatus, StageStatus } from '@sheaf/protocol/messages';
import { cut, escaped } from './printable.ts';
import { durationText } from './quantities.ts';
import { barOf, hasBegun, isDone, Rates, skippedText, stageText } from './stage-text.ts';

export interface Progress {
  status(status: JobStatus): void;
  note(note: JobNote): void;
  /** Something to say in words: a lost connection, a cancelled job. */
  say(text: string): void;
  /** Shows the last state and lets go of the terminal. */
  end(): void;
}

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly stream: ProgressStream;
  readonly color: boolean;
  /** Milliseconds since some fixed moment. */
  readonly now: () => number;
  /** How a note is shown: one line. */
  readonly noteLine: (note: JobNote) => string;
}

/** Plain lines about one state are at least this far apart; a stage that begins or ends is told at once. */
const plainIntervalMs = 5_000;
const redrawIntervalMs = 1_000;
/** Different failures told while the job runs; the rest is counted. */
const notesMax = 20;

/** The form that fits the stream. */
export function makeProgress(options: ProgressOptions): Progress {
  return options.stream.isTTY === true ? new LiveProgress(options) : new PlainProgress(options);
}

/** Says nothing at all: with `--json`, where statuses are lines on standard output. */
export const silentProgress: Progress = { status: () => {}, note: () => {}, say: () => {}, end: () => {} };

/** Redraws one line a stage under whatever was said before. */
class LiveProgress implements Progress {
  private readonly options: ProgressOptions;
  private readonly notes = new NoteFilter();
  private readonly rates = new Rates();
  private drawnLines = 0;
  private last: JobStatus | null = null;
  /** Time goes on when nothing else does. */
  private clock: NodeJS.Timeout | undefined;

  constructor(options: ProgressOptions) {
    this.options = options;
  }

  status(status: JobStatus): void {
    this.last = status;
    this.rates.update(status, this.options.now());
    this.clock ??= setInterval(() => this.redraw(''), redrawIntervalMs).unref();
    this.redraw('');
  }

  note(note: JobNote): void {
    const text = this.notes.textOf(note, this.options.noteLine);
    if (text !== null) this.say(text);
  }

  say(text: string): void {
    this.redraw(`${text}\n`);
  }

  end(): void {
    clearInterval(this.clock);
    this.clock = undefined;
    const rest = this.notes.restText();
    this.redraw(rest === null ? '' : `${rest}\n`);
    // What is on the screen stays there; a second end has nothing to draw.
    this.drawnLines = 0;
    this.last = null;
  }

  /** One write: up to the first drawn line, clear what is below, what is to stay, the stages again. */
  private redraw(above: string): void {
    const { stream } = this.options;
    // A terminal that does not know its size says that it is 0.
    const width = Math.max(10, (stream.columns || 80) - 1);
    // Lines that have left the screen at its top cannot be drawn again.
    const height = Math.max(2, (stream.rows || 24) - 1);
    const lines = this.last === null ? [] : liveLines(this.last, this.rates, height).map(line => cut(line, width));
    const up = this.drawnLines === 0 ? '' : `\x1b[${this.drawnLines}A\x1b[J`;
    stream.write(`${up}${above}${lines.map(line => `${this.painted(line)}\n`).join('')}`);
    this.drawnLines = lines.length;
  }

  private painted(line: string): string {
    if (!this.options.color) return line;
    return line.replace(/[█]+/, bar => `\x1b[32m${bar}\x1b[39m`).replace(/\d+ failed/, failed => `\x1b[31m${failed}\x1b[39m`);
  }
}

class PlainProgress implements Progress {
  private readonly options: ProgressOptions;
  private readonly notes = new NoteFilter();
  private readonly rates = new Rates();
  private shape = '';
  /** Stages that have been said to be done: once is enough, a plan may have a hundred. */
  private readonly done = new Set<string>();
  private saidAt = Number.NEGATIVE_INFINITY;
  /** Says a status that came too early, unless a later one is said before. */
  private later: NodeJS.Timeout | undefined;

  constructor(options: ProgressOptions) {
    this.options = options;
  }

  status(status: JobStatus): void {
    const now = this.options.now();
    this.rates.update(status, now);
    const shape = status.state + status.stages.map(stage => (isDone(stage) ? 'd' : hasBegun(stage) ? 'r' : '-')).join('');
    const waitMs = shape === this.shape ? this.saidAt + plainIntervalMs - now : 0;
    clearTimeout(this.later);
    if (waitMs > 0) {
      this.later = setTimeout(() => this.sayStatus(status), waitMs).unref();
      return;
    }
    this.shape = shape;
    this.sayStatus(status);
  }

  note(note: JobNote): void {
    const text = this.notes.textOf(note, this.options.noteLine);
    if (text !== null) this.say(text);
  }

  say(text: string): void {
    this.options.stream.write(`${text}\n`);
  }

  private sayStatus(status: JobStatus): void {
    this.saidAt = this.options.now();
    const shown = status.stages.filter(stage => hasBegun(stage) && !(isDone(stage) && this.done.has(stage.name)));
    const stages = shown.map(stage => `${escaped(stage.name)} ${stageText(stage, this.rates)}`);
    for (const stage of status.stages) {
      // Some of its tasks may have to run again.
      if (isDone(stage)) this.done.add(stage.name);
      else this.done.delete(stage.name);
    }
    this.say(`${escaped(status.name)} ${status.state}${skippedText(status)}${stages.length === 0 ? '' : `: ${stages.join('; ')}`}`);
  }

  end(): void {
    clearTimeout(this.later);
    const rest = this.notes.restText();
    if (rest !== null) this.say(rest);
  }
}

/** Tells a cause once, however many attempts it ended, and no more than `notesMax` causes. */
class NoteFilter {
  private readonly told = new Set<string>();
  private untold = 0;

  textOf(note: JobNote, noteLine: (note: JobNote) => string): string | null {
    const cause = note.failure === null ? note.text : `${note.failure.code} ${note.failure.message}`;
    if (this.told.has(cause) || this.told.size >= notesMax) {
      this.untold += 1;
      return null;
    }
    this.told.add(cause);
    return noteLine(note);
  }

  /** How many more there were since it was asked last; null for none. */
  restText(): string | null {
    const text = this.untold === 0 ? null : `${this.untold} more like these`;
    this.untold = 0;
    return text;
  }
}

function liveLines(status: JobStatus, rates: Rates, height: number): string[] {
  const width = Math.max(4, ...status.stages.map(stage => stage.name.length));
  const elapsed = status.startedAt === null ? '' : ` ${durationText((status.endedAt ?? Date.now()) - status.startedAt)}`;
  const shown = stagesInView(status.stages, height - 1);
  const stages = shown.map(stage => `  ${escaped(stage.name).padEnd(width)} ${barOf(stage)} ${stageText(stage, rates)}`);
  return [`${escaped(status.name)} ${status.state}${elapsed}${skippedText(status)}`, ...stages];
}

/** Of more stages than there is room for, those around where the job is: those done make room first. */
function stagesInView(stages: readonly StageStatus[], room: number): readonly StageStatus[] {
  const doneFirst = stages.findIndex(stage => !isDone(stage));
  const from = Math.min(doneFirst < 0 ? stages.length : doneFirst, Math.max(0, stages.length - room));
  return stages.slice(from, from + room);
}
