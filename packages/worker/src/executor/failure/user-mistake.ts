// What a job's functions did wrong and we found, not they threw: a function gave no iterable, a record has no such part, values
// were read too late.

/** E_USER_CODE, though no frame of the job may be in its stack. */
export class UserMistake extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TypeError';
  }
}

/** What `member` of a job gave, which must be an iterable of records. A string is none: its characters are no records. */
export function iterableOf(member: string, given: unknown): Iterable<unknown> {
  if (typeof given === 'object' && given !== null && Symbol.iterator in given) return given as Iterable<unknown>;
  throw new UserMistake(`${member} must give an iterable of records (yield them, or return an array), but gave ${whatIs(given)}`);
}

/** A value in a few words: "null", "a string", "an object of class Map". */
export function whatIs(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Promise) return 'a promise: functions of a job are synchronous per record';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
