// Standard Schema (standardschema.dev), the part we read; zod 4, valibot and arktype have it.
// Params may be validated asynchronously, records may not.

/** What `params`, `from.csv` and `from.jsonl` take: anything with the Standard Schema interface. */
export interface Schema<T> {
  readonly '~standard': { readonly types?: { readonly input: unknown; readonly output: T } | undefined };
}

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export type SchemaResult = { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

/** The run-time half of a schema, which the public type leaves out. */
export interface Validator {
  readonly vendor: string;
  validate(value: unknown): SchemaResult | Promise<SchemaResult>;
}

/** The validator of something that may be a schema (an object, or arktype's function); undefined when it is none. */
export function validatorOf(schema: unknown): Validator | undefined {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return undefined;
  const standard = (schema as { '~standard'?: Partial<Validator> })['~standard'];
  return typeof standard?.validate === 'function' ? (standard as Validator) : undefined;
}

/** The path of an issue as one writes it: `user.tags[2]`; empty for the value as a whole. */
export function issuePath(issue: SchemaIssue): string {
  let text = '';
  for (const segment of issue.path ?? []) {
    const key = typeof segment === 'object' ? segment.key : segment;
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? String(key) : `.${String(key)}`;
  }
  return text;
}

/**
 * A function from a raw record to the validated one. It throws an Error that lists `path: message`; the executor makes a
 * bad record of it.
 */
export function recordValidator(schema: unknown): (raw: unknown) => unknown {
  const validator = validatorOf(schema);
  if (validator === undefined) throw new Error('not a schema');
  return raw => {
    const result = validator.validate(raw);
    if (isPromise(result)) {
      // Nobody waits for this promise; a rejection of it must not end the process.
      result.then(undefined, () => undefined);
      throw new Error(
        'the schema of a record must be synchronous, but this one gave a promise: move what it waits for into mapBatch or setup',
      );
    }
    if (result.issues === undefined) return result.value;
    throw new Error(result.issues.map(issueText).join('; '));
  };
}

/** `path: message`, or the message alone when the issue is about the whole. */
export function issueText(issue: SchemaIssue): string {
  const path = issuePath(issue);
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}

/** Whether a value must be awaited. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
