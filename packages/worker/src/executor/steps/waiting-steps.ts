// Steps that work on while records come: batches of user code, an external program. Records are read synchronously; between
// chunks of a split, groups of a merge and items the reader asks whether a step is full, and waits for it. What such a step
// gives goes on its way only while it is waited for, so that no two records are ever on their way at the same moment.

export interface WaitingStep {
  /** It holds as much as it may. */
  readonly full: boolean;
  /** Hands on what is ready until it is no longer full. */
  drain(): Promise<void>;
  /** After the last record: hands on everything. */
  end(): Promise<void>;
  /** The attempt failed: ends what is under way. */
  abandon(): void;
}

/** The waiting steps of a chain, as the reader of its records sees them. */
export class WaitingSteps {
  /** In step order. */
  readonly steps: WaitingStep[] = [];

  /** The reader must call `drain` before its next record. */
  get full(): boolean {
    return this.steps.some(step => step.full);
  }

  /** From the last to the first: what a step hands on may fill a later one. */
  async drain(): Promise<void> {
    for (let at = this.steps.length - 1; at >= 0; at--) {
      const step = this.steps[at] as WaitingStep;
      if (!step.full) continue;
      await step.drain();
      at = this.steps.length;
    }
  }

  abandon(): void {
    for (const step of this.steps) step.abandon();
  }
}
