// Parameters of a job, checked once, at submit, against any Standard Schema; the worker gets what the schema gave.
// Every wrong parameter is named in one error.

import { UsageError } from '@sheaf/protocol';
import { issuePath, type SchemaIssue, type SchemaResult, validatorOf } from './schema.ts';
import { nearest } from './suggest.ts';

export interface RawParams {
  readonly [name: string]: unknown;
}

interface ParamsOf {
  readonly job: string;
  readonly schema: unknown;
}

/** Gives the validated parameters; an empty object for a job without `params`. Throws UsageError that names each wrong one. */
export async function validateParams({ job, schema }: ParamsOf, raw: RawParams): Promise<unknown> {
  const validator = validatorOf(schema);
  if (validator === undefined) {
    const names = Object.keys(raw);
    if (names.length === 0) return {};
    throw new UsageError(
      `job '${job}' takes no parameters, but got ${names.join(', ')}. Give it params: z.object({ … }), or leave them out.`,
    );
  }
  let result: SchemaResult;
  try {
    result = await validator.validate(raw);
  } catch (error) {
    throw new UsageError(`job '${job}': the schema of its params threw ${String(error)}`, { cause: error });
  }
  if (result.issues === undefined) return result.value;
  const lines = result.issues.map(issue => `\n  - ${lineOf(issue, raw)}`);
  throw new UsageError(`job '${job}': wrong parameters:${lines.join('')}`);
}

function lineOf(issue: SchemaIssue, raw: RawParams): string {
  const path = issuePath(issue);
  if (path === '') return issue.message;
  if (issue.path?.length !== 1 || Object.hasOwn(raw, path)) return `${path}: ${issue.message}`;
  const given = nearest(path, Object.keys(raw));
  return `${path}: is missing${given === undefined ? '' : ` ('${given}' was given: did you mean '${path}'?)`} · ${issue.message}`;
}
