// What went wrong with a file, as the Failure of an output or a message with the path.

import { type FailureCode, FailureError } from '@sheaf/protocol';

/** Runs a file operation; what it throws becomes a FailureError that names the path. */
export async function failing<T>(code: FailureCode, path: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof FailureError) throw error;
    throw new FailureError({ code, message: `${path}: ${(error as Error).message}` }, { cause: error });
  }
}

/** Whether an error of a file operation says that there is nothing at the path. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
