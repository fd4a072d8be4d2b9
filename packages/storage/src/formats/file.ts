// A whole file as one record: path, text and bytes, for sources like images or documents. Never cut, also when it is empty.

import type { Decoder, DecoderPiece, Each, Position } from './decoder.ts';
import { tooLarge } from './piece-cursor.ts';

/** What `from.files` gives: the unpacked content, kept by the record itself. */
export interface FileRecord {
  readonly path: string;
  /** UTF-8 without its BOM; what is no UTF-8 becomes U+FFFD. */
  text(): string;
  bytes(): Uint8Array;
}

/** A decoder whose only record is the file. */
export function fileDecoder(options: { readonly recordBytesMax: number }): Decoder {
  return new FileDecoder(options.recordBytesMax);
}

class FileDecoder implements Decoder {
  readonly position: Position = { file: '', offset: 0, length: 0, record: -1 };
  readonly invalidUtf8 = 0;
  done = true;
  private readonly recordBytesMax: number;

  constructor(recordBytesMax: number) {
    this.recordBytesMax = recordBytesMax;
  }

  begin(piece: DecoderPiece): number {
    this.position.file = piece.file;
    this.done = false;
    return 0;
  }

  // biome-ignore lint/complexity/useMaxParams: called for every window, an options object would be made each time.
  decode(window: Uint8Array, begin: number, end: number, final: boolean, each: Each): number {
    if (this.done) return end;
    if (end - begin > this.recordBytesMax) throw tooLarge(this.position.file, 0, this.recordBytesMax);
    if (!final) return begin;
    this.done = true;
    this.position.length = end - begin;
    this.position.record++;
    each(new WholeFile(this.position.file, window.slice(begin, end)));
    return end;
  }
}

class WholeFile implements FileRecord {
  readonly path: string;
  readonly #content: Uint8Array;

  constructor(path: string, content: Uint8Array) {
    this.path = path;
    this.#content = content;
  }

  text(): string {
    return new TextDecoder().decode(this.#content);
  }

  bytes(): Uint8Array {
    return this.#content;
  }
}
