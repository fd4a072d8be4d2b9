// What a simulated executor has been given: it runs one attempt after another, tells results one by one or several at a time,
// and gives back what it has not begun.

import type { AttemptId } from '@sheaf/protocol';
import type { TaskAssignment } from '@sheaf/protocol/messages';

export class ExecutorLine {
  /** The attempt that it began last. */
  running: AttemptId | null = null;
  private readonly waiting: TaskAssignment[] = [];
  private untold: (() => void)[] = [];
  private isBusy = false;
  private readonly begin: (assignment: TaskAssignment) => void;

  constructor(begin: (assignment: TaskAssignment) => void) {
    this.begin = begin;
  }

  add(assignment: TaskAssignment): void {
    this.waiting.push(assignment);
    if (!this.isBusy) this.next();
  }

  /** Takes back what has not begun. */
  withdraw(): readonly AttemptId[] {
    return this.waiting.splice(0).map(({ attempt }) => attempt);
  }

  /** The attempt that ran has ended. What is told may wait for the end of the next one, if there is one. */
  ended(tell: () => void, mayWait: boolean): void {
    this.untold.push(tell);
    this.isBusy = false;
    if (this.waiting.length === 0 || !mayWait) this.tellAll();
    if (!this.isBusy) this.next();
  }

  private tellAll(): void {
    const { untold } = this;
    this.untold = [];
    for (const tell of untold) tell();
  }

  private next(): void {
    const assignment = this.waiting.shift();
    if (assignment === undefined) return;
    this.isBusy = true;
    this.running = assignment.attempt;
    this.begin(assignment);
  }
}
