// What a job answered, as values and as lines of JSON.

import type { JobStatus } from '@sheaf/protocol/messages';
import { BadOutputRecord, jsonText } from '@sheaf/storage';
import { decodeValue } from '@sheaf/worker/value-codec';

/** The answers of a job by name; null when its plan answers nothing. */
export function answerValues({ answers }: JobStatus): { readonly [name: string]: unknown } | null {
  if (answers === undefined) return null;
  return Object.fromEntries(
    Object.entries(answers).map(([name, { gives, records }]) => {
      const list = decodeValue(records, 0, records.length) as readonly unknown[];
      return [name, gives === 'number' ? (list[0] ?? 0) : list];
    }),
  );
}

/** As sinks write JSON; what JSON cannot hold, such as NaN, is null. */
export function answerText(value: unknown): string {
  try {
    return jsonText(value);
  } catch (error) {
    if (!(error instanceof BadOutputRecord)) throw error;
    return JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member));
  }
}

/** The status as one line of JSON, its answers as values. */
export function statusText(status: JobStatus): string {
  const answers = answerValues(status);
  return answers === null ? JSON.stringify(status) : answerText({ ...status, answers });
}
