// How a format turns the bytes of a piece into records. A decoder has no I/O: the executor reads chunks into its fixed
// memory and shows it one window after another, so that decoding is one synchronous loop over bytes in place.
//
//   const at = decoder.begin(piece);              // where in the file reading must start (line formats: one byte early)
//   loop: read more bytes behind window[end] …
//         consumed = decoder.decode(window, begin, end, final, each)
//         keep window[consumed, end), it is the start of a record that is not whole yet
//   until decoder.done or the file has ended

/** Where a record came from; the decoder updates it before every call of `each`, and before it throws a BadRecord. */
export interface Position {
  file: string;
  /** Offset of the record's first byte in the unpacked file (a BOM counts). */
  offset: number;
  /** Its length in bytes, without its line end. */
  length: number;
  /** How many records of the task came before it; counts over all pieces of the task. */
  record: number;
}

export type Each = (record: unknown) => void;

export interface DecoderPiece {
  readonly file: string;
  /** A record is the piece's own when its first byte is in [from, to). `to` is Infinity for a packed file. */
  readonly from: number;
  readonly to: number;
  /** csv: the first line end at or behind from − 1 stands inside quotes. */
  readonly startsInside?: boolean;
}

export interface Decoder {
  readonly position: Position;
  /** Every record of the piece has been delivered: nothing more needs to be read. */
  readonly done: boolean;
  /** How many records had bytes that are no UTF-8 (text only; elsewhere they are bad records). */
  readonly invalidUtf8: number;
  /** Starts on a piece; gives the file offset at which the bytes of the first window must start. */
  begin(piece: DecoderPiece): number;
  /**
   * Delivers every record that is whole in window[begin, end), in order, and gives the index of the first byte that is
   * still needed. `final`: no byte follows, so that a last line without an end is whole. Called again with
   * window[consumed …] followed by more bytes. Throws BadRecord for a record that cannot be decoded: `position` names it,
   * and decoding may go on: the next decode() call with the same bytes starts behind it.
   */
  decode(window: Uint8Array, begin: number, end: number, final: boolean, each: Each): number;
}

/** Takes the records that cannot be decoded, in place of a throw; `position` names the record. */
export type Refused = (error: BadRecord) => void;

/** A record that cannot be decoded or that its schema refuses. The caller adds the place from `position`. */
export class BadRecord extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BadRecord';
  }
}
