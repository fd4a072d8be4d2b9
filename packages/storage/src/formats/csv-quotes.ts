// Where a csv stands between two of its bytes: outside or inside quotes. So a file with line breaks inside quotes is cut like any
// other: a scan of each piece says what the quotes in it make of either start, and the starts follow one from another.
// What must stay true: this is the grammar of scanCsvRow, broken rows included, of which the rest is skipped to the line's end.

const quote = 34;
const lineFeed = 10;

const outside = 0;
const inside = 1;
/** Behind a quote inside quotes: the first of two, or the one that closes. */
const behindQuote = 2;
/** Behind a mistake: nothing counts up to the line's end. */
const broken = 3;

export class CsvQuotes {
  private readonly separator: number;
  private state: number;
  /** Outside: the next byte is the first of a cell. */
  private cellStarts: boolean;

  /** Stands at the start of a row, or behind a line break inside quotes. */
  constructor(separator: number, isInside: boolean) {
    this.separator = separator;
    this.state = isInside ? inside : outside;
    this.cellStarts = true;
  }

  /** Behind a line end: whether it stood inside quotes. */
  get isInside(): boolean {
    return this.state === inside;
  }

  /** Whether both say the same of everything that follows. */
  equals(other: CsvQuotes): boolean {
    return this.state === other.state && (this.state !== outside || this.cellStarts === other.cellStarts);
  }

  /** Passes text[from, to), which has a character a byte. */
  pass(text: string, from: number, to: number): void {
    let at = from;
    while (at < to) {
      switch (this.state) {
        case outside:
          at = this.passOutside(text, at, to);
          break;
        case inside: {
          const found = text.indexOf('"', at);
          if (found < 0 || found >= to) return;
          this.state = behindQuote;
          at = found + 1;
          break;
        }
        case behindQuote:
          this.passBehindQuote(text.charCodeAt(at++));
          break;
        default: {
          const found = text.indexOf('\n', at);
          if (found < 0 || found >= to) return;
          this.startCell();
          at = found + 1;
        }
      }
    }
  }

  /** Passes bytes[from, to) up to the start of the next row, and gives its index; -1 when there is none. */
  passToRow(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte === lineFeed && this.state !== inside) {
        this.startCell();
        return at + 1;
      }
      if (this.state === inside) {
        if (byte === quote) this.state = behindQuote;
      } else if (this.state === behindQuote) this.passBehindQuote(byte);
      else if (this.state === outside) {
        if (byte === quote) this.state = this.cellStarts ? inside : broken;
        this.cellStarts = byte === this.separator;
      }
    }
    return -1;
  }

  private passOutside(text: string, from: number, to: number): number {
    const found = text.indexOf('"', from);
    if (found < 0 || found >= to) {
      this.cellStarts = this.endsCell(text.charCodeAt(to - 1));
      return to;
    }
    const opens = found === from ? this.cellStarts : this.endsCell(text.charCodeAt(found - 1));
    this.state = opens ? inside : broken;
    return found + 1;
  }

  private passBehindQuote(byte: number): void {
    if (byte === quote) this.state = inside;
    else if (this.endsCell(byte)) this.startCell();
    // A carriage return too: with a line feed behind it the row ends, with anything else it is text behind the quote.
    else this.state = broken;
  }

  private endsCell(byte: number): boolean {
    return byte === this.separator || byte === lineFeed;
  }

  private startCell(): void {
    this.state = outside;
    this.cellStarts = true;
  }
}

/** What the quotes of a piece of a file do: whether the piece behind it starts inside quotes, when this one starts outside or inside. */
export interface QuoteScan {
  readonly fromOutside: boolean;
  readonly fromInside: boolean;
}

/**
 * Scans the bytes [from, to) of a file. A piece starts behind the first line end at or behind from − 1, as decoders have it, so the
 * scan goes from there to where the next piece starts. `read` puts the file's bytes from an offset on into memory and gives them as
 * text of a character a byte; none at the end of the file.
 */
export function scanQuotes(
  piece: { readonly from: number; readonly to: number },
  separator: number,
  read: (offset: number) => string,
): QuoteScan {
  const starts = [new CsvQuotes(separator, false), new CsvQuotes(separator, true)] as const;
  let begun = piece.from === 0;
  for (let offset = Math.max(0, piece.from - 1); ; ) {
    const text = read(offset);
    if (text === '') break;
    let at = offset === 0 && text.startsWith(byteOrderMark) ? byteOrderMark.length : 0;
    if (!begun) {
      const lineEnd = text.indexOf('\n');
      begun = lineEnd >= 0;
      at = begun ? lineEnd + 1 : text.length;
      if (begun && offset + at >= piece.to) return { fromOutside: false, fromInside: true };
    }
    if (begun) {
      const lineEnd = text.indexOf('\n', Math.max(at, piece.to - 1 - offset));
      const end = lineEnd < 0 ? text.length : lineEnd + 1;
      starts[0].pass(text, at, end);
      starts[1].pass(text, at, end);
      if (lineEnd >= 0) break;
    }
    offset += text.length;
  }
  return { fromOutside: starts[0].isInside, fromInside: starts[1].isInside };
}

/** Of UTF-8, a character a byte. */
const byteOrderMark = '\u00ef\u00bb\u00bf';
