// Rows of csv that go from their bytes into a combining table: a key of one column, numbers of others, no record in between. The
// kernel is source text of its own for each stage and header, one piece of code for each cell. It takes rows in their usual
// spelling and stops before any other: its caller has the decoder read that one, and say what is wrong with it, if anything is.
//
// What it relies on: bytes[at, end) are valid UTF-8, and the last of them is a line feed, which ends every loop in time.

import type { KeyBatch } from './key-batch.ts';
import { batchKeyBytesMax, batchRows, batchSlotBytes } from './key-batch.ts';

export type CsvCellType = 'text' | 'number' | 'integer' | 'boolean' | 'date';

/** A cell that is looked at. */
export interface CsvCell {
  /** Which cell of a row. */
  readonly place: number;
  readonly type: CsvCellType;
  readonly optional: boolean;
  /** It is the key. */
  readonly key: boolean;
  /** The numbers of a key that are this cell's. */
  readonly numbers: readonly number[];
}

export interface CsvKernelOptions {
  readonly separator: number;
  readonly multiline: boolean;
  /** Cells of a row. */
  readonly cells: number;
  /** In the order of their places; a place once. */
  readonly looked: readonly CsvCell[];
  /** Numbers of each key, and those that are the same for all. */
  readonly width: number;
  readonly ones: readonly number[];
  readonly zeros: readonly number[];
  readonly rowBytesMax: number;
}

export interface CsvKernelDependencies {
  readonly bytes: Uint8Array;
  readonly batch: KeyBatch;
  readonly addBatch: (rows: number) => void;
  /** Told how many rows were taken. */
  readonly taken: (rows: number) => void;
}

/** Takes rows from `at` on that begin before `stop`; gives the index behind the last one. */
export type CsvKernel = (at: number, stop: number, end: number) => number;

export function csvKernel(options: CsvKernelOptions, dependencies: CsvKernelDependencies): CsvKernel {
  const { bytes, batch, addBatch, taken } = dependencies;
  const make = new Function('bytes', 'batch', 'addBatch', 'taken', 'powers', sourceOf(options));
  return make(bytes, batch, addBatch, taken, powersOfTen) as CsvKernel;
}

const powersOfTen: readonly number[] = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

function sourceOf(options: CsvKernelOptions): string {
  const { looked, cells, width, ones, zeros, rowBytesMax } = options;
  const parts: string[] = [];
  let place = 0;
  for (const cell of looked) {
    if (cell.place > place) parts.push(skipText(options, cell.place - place), 'i++;');
    const last = cell.place === cells - 1;
    parts.push(`{ ${cellText(options, cell)} }`, last ? endText : `if (byte !== ${options.separator}) break read;\ni++;`);
    place = cell.place + 1;
  }
  if (place < cells) {
    if (cells - place > 1) parts.push(skipText(options, cells - place - 1), 'i++;');
    parts.push(passText(options), endText);
  }
  const constants = [...ones.map(at => `numbers[${width} * n + ${at}] = 1;`), ...zeros.map(at => `numbers[${width} * n + ${at}] = 0;`)];
  return `
  const { bytes: keys, words, lengths, numbers } = batch;
  const float = new Float64Array(1);
  const halves = new Uint32Array(float.buffer);
  return (at, stop, end) => {
    let rowAt = at, rows = 0, n = 0, i = 0, byte = 0;
    read: while (rowAt < stop) {
      i = rowAt;
      byte = bytes[i];
      if (byte === 10 || byte === 13) break;
      ${parts.join('\n')}
      if (i - rowAt > ${rowBytesMax}) break;
      ${constants.join('\n')}
      rowAt = i + 1;
      rows++;
      if (++n === ${batchRows}) {
        n = 0;
        addBatch(${batchRows});
      }
    }
    if (n > 0) addBatch(n);
    taken(rows);
    return rowAt;
  };`;
}

/** Behind the last cell of a row. */
const endText = `if (byte === 13) byte = bytes[++i];
if (byte !== 10) break read;`;

/** True of most bytes within a cell at the first comparison. */
function inCell({ separator }: CsvKernelOptions): string {
  const highest = Math.max(separator, 34);
  return `(byte > ${highest} || (byte !== ${separator} && byte !== 34 && byte !== 10))`;
}

/** Past cells, to the separator behind the last of them. */
function skipText(options: CsvKernelOptions, count: number): string {
  const pass = `${passText(options)}\nif (byte !== ${options.separator}) break read;`;
  return count === 1 ? pass : `for (let left = ${count}; ; i++) {\n${pass}\nif (--left === 0) break;\n}`;
}

/** Past a cell, to the byte that ends it. A CR that belongs to a line end stays within a cell that is not quoted. */
function passText(options: CsvKernelOptions): string {
  return `byte = bytes[i];
  if (byte === 34) {
    do {
      ${quotedText(options, '')}
      byte = bytes[++i];
    } while (byte === 34);
  } else {
    while (${inCell(options)}) byte = bytes[++i];
  }`;
}

/** From a quote to the next one. */
function quotedText({ multiline }: CsvKernelOptions, each: string): string {
  const broken = multiline ? 'i >= end' : 'byte === 10';
  return `for (byte = bytes[++i]; byte !== 34; byte = bytes[++i]) { if (${broken}) break read; ${each} }`;
}

/** Reads a cell and leaves `byte` on what ends it. */
function cellText(options: CsvKernelOptions, cell: CsvCell): string {
  const start = 'byte = bytes[i];';
  if (cell.type === 'text') return `${start}\n${textKeyText(options, cell)}`;
  const unquoted = `const quoted = byte === 34;\nif (quoted) byte = bytes[++i];\n${valueText(cell)}\nif (quoted) { if (byte !== 34) break read; byte = bytes[++i]; }\n${usesOf(cell, options.width)}`;
  if (!cell.optional) return `${start}\n${unquoted}`;
  // Nothing counts as null; a fold of numbers refuses it.
  const nothing = cell.numbers.length > 0 ? 'break read;' : cell.key ? nullKeyText : '';
  return `${start}\nif (byte === ${options.separator} || byte === 10 || byte === 13) { ${nothing} } else {\n${unquoted}\n}`;
}

const slot = `(${batchSlotBytes} * n)`;
const slotWord = `(${batchSlotBytes / 4} * n)`;
const nullKeyText = `words[${slotWord}] = 0x10; lengths[n] = 1;`;

function textKeyText(options: CsvKernelOptions, { optional }: CsvCell): string {
  const copy = `if (byte < 2 || to >= limit) break read; keys[to++] = byte;`;
  const empty = optional ? `if (to === ${slot} + 1) { ${nullKeyText} } else` : '';
  return `let to = ${slot};
  const limit = to + ${batchKeyBytesMax - 1};
  keys[to++] = 0x50;
  if (byte === 34) {
    ${quotedText(options, copy)}
    byte = bytes[++i];
  } else {
    while (${inCell(options)}) { ${copy} byte = bytes[++i]; }
    if (byte === 10 && bytes[i - 1] === 13 && to > ${slot} + 1) to--;
  }
  ${empty} {
    keys[to] = 0; keys[to + 1] = 0; keys[to + 2] = 0; keys[to + 3] = 0;
    lengths[n] = to + 1 - ${slot};
  }`;
}

function valueText({ type }: CsvCell): string {
  switch (type) {
    case 'boolean':
      return `const value = byte === 116 && bytes[i + 1] === 114 && bytes[i + 2] === 117 && bytes[i + 3] === 101 ? 1
        : byte === 102 && bytes[i + 1] === 97 && bytes[i + 2] === 108 && bytes[i + 3] === 115 && bytes[i + 4] === 101 ? 0 : -1;
      if (value < 0) break read;
      i += 5 - value;
      byte = bytes[i];`;
    case 'date':
      return dateText;
    case 'integer':
      return `${digitsText}\n${longText('')}\nif (negative) value = -value;`;
    default:
      return `${digitsText}
      const whole = i - from;
      if (byte === 46) {
        byte = bytes[++i];
        while ((digit = (byte - 48) >>> 0) <= 9) { value = (Math.imul(value, 10) + digit) | 0; byte = bytes[++i]; }
        const fraction = i - from - whole - 1;
        if (fraction === 0) break read;
        ${longText(' - 1')}
        value = value / powers[fraction];
      } else { ${longText('')} }
      if (negative) value = -value;`;
  }
}

/** As decimalAt of the csv decoder reads them: no sign but a minus, no zeros in front. */
const digitsText = `const negative = byte === 45;
if (negative) byte = bytes[++i];
const from = i;
let digit = 0;
let value = (byte - 48) >>> 0;
if (value > 9) break read;
byte = bytes[++i];
if (value === 0 && byte >= 48 && byte <= 57) break read;
while ((digit = (byte - 48) >>> 0) <= 9) { value = (Math.imul(value, 10) + digit) | 0; byte = bytes[++i]; }`;

/** Ten digits and more are beyond 32 bits, over fifteen beyond what a double holds for certain. */
function longText(point: string): string {
  return `if (i - from${point} > 9) {
    if (i - from${point} > 15) break read;
    value = 0;
    for (let j = from; j < i; j++) { digit = (bytes[j] - 48) >>> 0; if (digit <= 9) value = value * 10 + digit; }
  }`;
}

/** A day, as in 2025-02-25; what more a date may have is left to the decoder. Days since 1970 as Howard Hinnant counts them. */
const dateText = `if (bytes[i + 4] !== 45 || bytes[i + 7] !== 45) break read;
let year = 0, month = 0, day = 0;
for (let j = 0; j < 10; j++) {
  if (j === 4 || j === 7) continue;
  const digit = (bytes[i + j] - 48) >>> 0;
  if (digit > 9) break read;
  if (j < 4) year = year * 10 + digit; else if (j < 7) month = month * 10 + digit; else day = day * 10 + digit;
}
if (month < 1 || month > 12 || day < 1 || day > 31) break read;
if (day > 28 && (month === 2 || (day === 31 && (month === 4 || month === 6 || month === 9 || month === 11)))) break read;
i += 10;
byte = bytes[i];
if (month <= 2) { year--; month += 9; } else month -= 3;
const years = 365 * year + Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
const value = 86400000 * (years + Math.floor((153 * month + 2) / 5) + day - 719469);`;

/** What is done with a value. */
function usesOf({ type, key, numbers }: CsvCell, width: number): string {
  const uses = numbers.map(at => `numbers[${width} * n + ${at}] = value;`);
  if (!key) return uses.join('\n');
  if (type === 'boolean') return [...uses, `words[${slotWord}] = 0x20 + value; lengths[n] = 1;`].join('\n');
  return [...uses, orderedText(type === 'date' ? 0x60 : 0x30)].join('\n');
}

/** The tag and the ordered float64 (data/float64.ts) in three words, the most significant byte first. −0 is 0. */
function orderedText(tag: number): string {
  const swapped = (word: string): string =>
    `((${word} >>> 24) | ((${word} >>> 8) & 0xff00) | ((${word} << 8) & 0xff0000) | (${word} << 24))`;
  return `{
    float[0] = value + 0;
    let high = halves[1] | 0, low = halves[0] | 0;
    if (high < 0) { high = ~high; low = ~low; } else high ^= 0x80000000;
    high = ${swapped('high')};
    low = ${swapped('low')};
    words[${slotWord}] = ${tag} | (high << 8);
    words[${slotWord} + 1] = (high >>> 24) | (low << 8);
    words[${slotWord} + 2] = low >>> 24;
    lengths[n] = 9;
  }`;
}
