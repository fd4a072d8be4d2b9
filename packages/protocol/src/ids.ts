// Names of things, branded so that one cannot stand for another. Only this file makes them.
//   job ▸ stage ▸ task ▸ attempt; `job/stage@task#attempt` is the canonical text of an attempt.
// The pure cores mint ids by counter; whoever needs chance (job, worker) passes it in.

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Made by the submitter, so that a submission repeated after a lost connection is the same job. */
export type JobId = Branded<string, 'JobId'>;
/** Made once by a worker for its `--dir`, so that it is known again after a restart. */
export type WorkerId = Branded<string, 'WorkerId'>;
/** One connection life of a worker: `epoch.counter`, made by the coordinator. */
export type SessionId = Branded<string, 'SessionId'>;
/** One execution of a task: `epoch.counter`, made by the coordinator. Assignments are not journalled; the epoch keeps ids apart. */
export type AttemptId = Branded<string, 'AttemptId'>;
/** One life of a coordinator: 1, 2, 3 …, one more each time it starts on its state directory. */
export type Epoch = Branded<number, 'Epoch'>;

export type StageId = number;
export type EdgeId = number;
export type StepId = number;
export type OutputId = number;
/** Index of a task in its stage. */
export type TaskIndex = number;

const jobPattern = /^j[0-9a-z]{12}$/;
const workerPattern = /^w[0-9a-z]{8}$/;
const counterPattern = /^[1-9][0-9]{0,8}\.[0-9]{1,15}$/;

/** A job id from its time (milliseconds) and four random characters: ids sort by the time they were made. */
export function jobIdOf(atMs: number, random: string): JobId {
  return parseJobId(`j${atMs.toString(36).padStart(8, '0').slice(-8)}${random}`);
}

export function parseJobId(text: string): JobId {
  return checked(text, jobPattern, 'job') as JobId;
}

export function parseWorkerId(text: string): WorkerId {
  return checked(text, workerPattern, 'worker') as WorkerId;
}

export function parseAttemptId(text: string): AttemptId {
  return checked(text, counterPattern, 'attempt') as AttemptId;
}

export function parseSessionId(text: string): SessionId {
  return checked(text, counterPattern, 'session') as SessionId;
}

export function isJobId(value: unknown): value is JobId {
  return typeof value === 'string' && jobPattern.test(value);
}

export function isWorkerId(value: unknown): value is WorkerId {
  return typeof value === 'string' && workerPattern.test(value);
}

export function isAttemptId(value: unknown): value is AttemptId {
  return typeof value === 'string' && counterPattern.test(value);
}

export function isSessionId(value: unknown): value is SessionId {
  return typeof value === 'string' && counterPattern.test(value);
}

export function attemptIdOf(epoch: Epoch, counter: number): AttemptId {
  return `${epoch}.${counter}` as AttemptId;
}

export function sessionIdOf(epoch: Epoch, counter: number): SessionId {
  return `${epoch}.${counter}` as SessionId;
}

export function epochOf(n: number): Epoch {
  if (!Number.isSafeInteger(n) || n < 1) throw new Error(`not an epoch: ${n}`);
  return n as Epoch;
}

/** Below 0 when `a` was made before `b`: attempts are numbered within the lives of their coordinator. */
export function compareAttempts(a: AttemptId, b: AttemptId): number {
  const [epochOfA = 0, counterOfA = 0] = a.split('.').map(Number);
  const [epochOfB = 0, counterOfB = 0] = b.split('.').map(Number);
  return epochOfA - epochOfB || counterOfA - counterOfB;
}

/** The one spelling of an attempt in logs, files and errors, for example `jm4k2…/map@17#2.31`. */
export function attemptText(job: JobId, stage: string, task: TaskIndex, attempt: AttemptId): string {
  return `${job}/${stage}@${task}#${attempt}`;
}

function checked(text: string, pattern: RegExp, what: string): string {
  if (!pattern.test(text)) throw new Error(`not a ${what} id: ${JSON.stringify(text.slice(0, 40))}`);
  return text;
}
