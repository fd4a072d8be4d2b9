// Waiting for a condition by asking for it: no test sleeps. What is asked may fail while the other end is away.

const pauseMs = 15;

export interface Wait<T> {
  /** For the message when it never comes true. */
  readonly what: string;
  /** Gives null, undefined or false for as long as it does not hold. */
  readonly condition: () => T | Promise<T>;
  readonly deadlineMs: number;
  /** Told in the message at the deadline. */
  readonly describe: () => Promise<string>;
}

type Held<T> = Exclude<T, null | undefined | false>;

/** What the condition gives once it holds. Throws at the deadline, with the state of things. */
export async function waitUntil<T>({ what, condition, deadlineMs, describe }: Wait<T>): Promise<Held<T>> {
  const deadline = performance.now() + deadlineMs;
  let problem = '';
  for (;;) {
    try {
      const held = await condition();
      if (held !== null && held !== undefined && held !== false) return held as Held<T>;
      problem = '';
    } catch (error) {
      problem = ` (${String(error)})`;
    }
    if (performance.now() >= deadline) throw new Error(`not after ${deadlineMs} ms: ${what}${problem}\n${await describe()}`);
    await new Promise(resolve => setTimeout(resolve, pauseMs));
  }
}
