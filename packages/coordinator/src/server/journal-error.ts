// Why a coordinator cannot start on its state directory, or cannot go on: it halts with this text and changes nothing more.

export type JournalErrorCode = 'E_STATE_LOCKED' | 'E_STATE_VERSION' | 'E_JOURNAL_CORRUPT' | 'E_JOURNAL_WRITE';

export class JournalError extends Error {
  readonly code: JournalErrorCode;
  constructor(code: JournalErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = 'JournalError';
    this.code = code;
  }
}
