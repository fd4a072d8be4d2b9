// The building stones of the message schemas: bounded text, counts, ids, lists and tables. Objects are strict: an unknown
// field refuses the message, as it would otherwise travel on unseen. `exactly` ties a schema to its TypeScript type, both ways.

import { z } from 'zod';
import type { AttemptId, JobId, SessionId, WorkerId } from '../ids.ts';
import { isAttemptId, isJobId, isSessionId, isWorkerId } from '../ids.ts';
import { limits } from '../limits.ts';

export type Schema<Message> = z.ZodType<Message>;

type Plain<T> = T extends string | number | boolean | null | undefined | Uint8Array
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : { readonly [Name in keyof T]: Plain<T[Name]> };
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only when the schema's output and `Message` have the same fields of the same types, optional ones included. */
export function exactly<Message>(): <Output>(
  schema: z.ZodType<Output> & (Same<Plain<Output>, Plain<Message>> extends true ? unknown : 'the schema and the message type differ'),
) => Schema<Message> {
  return schema => schema as unknown as Schema<Message>;
}

export const jobId: Schema<JobId> = z.custom<JobId>(isJobId, 'not a job id');
export const workerId: Schema<WorkerId> = z.custom<WorkerId>(isWorkerId, 'not a worker id');
export const attemptId: Schema<AttemptId> = z.custom<AttemptId>(isAttemptId, 'not an attempt id');
export const sessionId: Schema<SessionId> = z.custom<SessionId>(isSessionId, 'not a session id');

/** An index, a count or a size: 0 to 2⁵³ − 1. */
export const whole: Schema<number> = z.int().nonnegative();
/** A duration or a measured figure: finite and not negative. */
export const amount: Schema<number> = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER);

const text = (charsMax: number): Schema<string> => z.string().max(charsMax);
export const shortText: Schema<string> = text(256);
export const longText: Schema<string> = text(limits.failureMessageCharsMax);
export const stackText: Schema<string> = text(limits.failureStackCharsMax);
export const logText: Schema<string> = text(limits.logBytesPerAttemptMax);
export const graphText: Schema<string> = text(limits.graphBytesMax);
export const filePath: Schema<string> = z.custom<string>(isAbsolutePath, 'not an absolute path');
export const sha256: Schema<string> = z.string().regex(/^[0-9a-f]{64}$/, 'not a sha256');
export const hash128: Schema<string> = z.string().regex(/^[0-9a-f]{32}$/, 'not a hash of 16 bytes');
/** `host:port`, the host as a name, an IPv4 address or an IPv6 address in brackets. */
export const hostAndPort: Schema<string> = z.string().regex(/^[0-9A-Za-z._:[\]%-]{1,255}:[0-9]{1,5}$/, 'not host:port');

export function bytes(bytesMax: number): Schema<Uint8Array> {
  return z.custom<Uint8Array>(value => value instanceof Uint8Array && value.length <= bytesMax, `not up to ${bytesMax} bytes`);
}

export function list<Item>(item: Schema<Item>, itemsMax: number): z.ZodType<Item[]> {
  return z.array(item).max(itemsMax);
}

/** A list of numbers in one check, as a map output has one for each of up to 10,000 partitions. */
export function wholes(itemsMax: number): Schema<readonly number[]> {
  return z.custom<readonly number[]>(value => isWholes(value, itemsMax), `not up to ${itemsMax} whole numbers`);
}

/** By a name of at most 512 characters. */
export function named<Value>(value: Schema<Value>, entriesMax: number): Schema<{ readonly [name: string]: Value }> {
  return table(/^[^\0]{0,512}$/s, value, entriesMax) as Schema<{ readonly [name: string]: Value }>;
}

/** By an id that is an array index: stages, edges, outputs. In msgpack and JSON such keys are digits. */
export function numbered<Value>(value: Schema<Value>): Schema<{ readonly [id: number]: Value }> {
  return table(/^(0|[1-9][0-9]{0,5})$/, value, limits.edgesMax) as Schema<{ readonly [id: number]: Value }>;
}

function table<Value>(keys: RegExp, value: Schema<Value>, entriesMax: number): Schema<{ readonly [key: string]: Value }> {
  return z
    .record(z.string().regex(keys), value)
    .refine(entries => Object.keys(entries).length <= entriesMax, `more than ${entriesMax} entries`);
}

function isWholes(value: unknown, itemsMax: number): boolean {
  if (!Array.isArray(value) || value.length > itemsMax) return false;
  for (const item of value) if (!Number.isSafeInteger(item) || item < 0) return false;
  return true;
}

function isAbsolutePath(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('/') && value.length <= 4096 && !value.includes('\0');
}
