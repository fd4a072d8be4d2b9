// Text of any size, the same bytes every time: words as often as those of a language (Zipf), documents of them, and lines to sort.

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** Different words of the text. Real books have a tenth of it: this is the hard case for whoever counts. */
export const vocabulary = 200_000;
export const lineBytes = 100;

const bufferBytes = 4 << 20;
/** No line of either kind is longer. */
const lineBytesMax = 16 * 16;
const [tab, newline, space, lowerA, upperA] = [9, 10, 32, 97, 65];

/** Lines of 6 to 15 words of 2 to 14 letters, up to `bytes` of them; the n-th word of the vocabulary is n times as rare as the first. */
export function writeWords(path: string, bytes: number): void {
  writeText(path, bytes, (_, at) => at);
}

/** The same, each line a document: its number, a tab, its words. */
export function writeDocuments(path: string, bytes: number): void {
  let number = 0;
  writeText(path, bytes, (buffer, at) => {
    const digits = String(number++);
    for (let digit = 0; digit < digits.length; digit++) buffer[at++] = digits.charCodeAt(digit);
    buffer[at++] = tab;
    return at;
  });
}

/** `putHead(buffer, at)` writes what a line begins with, and gives where that ends. */
function writeText(path: string, bytes: number, putHead: (buffer: Uint8Array, at: number) => number): void {
  const random = xorshift(88_172_645);
  const letters = makeVocabulary(random);
  const rankOf = zipfTable();
  writeFile(path, bytes, (buffer, at) => {
    at = putHead(buffer, at);
    const words = 6 + (random() % 10);
    for (let word = 0; word < words; word++) {
      const from = ((rankOf[random() & (rankOf.length - 1)] ?? 0) << 4) + 1;
      const length = letters[from - 1] ?? 0;
      for (let letter = 0; letter < length; letter++) buffer[at++] = letters[from + letter] ?? 0;
      buffer[at++] = word === words - 1 ? newline : space;
    }
    return at;
  });
}

/** Lines of 100 bytes: ten random printable characters, the number of the line, filler. */
export function writeLines(path: string, bytes: number): void {
  const random = xorshift(2_654_435_769);
  let line = 0;
  writeFile(path, bytes, (buffer, at) => {
    for (let key = 0; key < 10; key++) buffer[at + key] = space + (random() % 95);
    buffer.fill(space, at + 10, at + 46);
    for (let digit = 43, rest = line; digit >= 12; digit--, rest = Math.floor(rest / 16)) {
      buffer[at + digit] = '0123456789ABCDEF'.charCodeAt(rest % 16);
    }
    for (let filler = 46; filler < 99; filler += 9)
      buffer.fill(upperA + ((line + filler) % 26), at + filler, Math.min(at + filler + 9, at + 99));
    buffer[at + 99] = newline;
    line += 1;
    return at + lineBytes;
  });
}

/** Lines of 100 bytes, each of them random and printable: no packing of blocks makes them smaller. */
export function writeNoise(path: string, bytes: number): void {
  const random = xorshift(1_013_904_223);
  writeFile(path, bytes, (buffer, at) => {
    for (let byte = 0; byte < lineBytes - 1; byte++) buffer[at + byte] = space + 1 + (random() % 94);
    buffer[at + lineBytes - 1] = newline;
    return at + lineBytes;
  });
}

/** Calls `putLine(buffer, at)`, which gives where its line ends, until that is null or the next line would go beyond `bytes`. */
export function writeFile(path: string, bytes: number, putLine: (buffer: Uint8Array, at: number) => number | null): void {
  const file = openSync(path, 'w');
  const buffer = new Uint8Array(bufferBytes);
  let written = 0;
  let at = 0;
  try {
    while (written + at < bytes) {
      const end = putLine(buffer, at);
      if (end === null || written + end > bytes) break;
      at = end;
      if (at <= bufferBytes - lineBytesMax) continue;
      written += writeSync(file, buffer, 0, at);
      at = 0;
    }
    writeSync(file, buffer, 0, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Sixteen bytes a word: its length, then its letters. */
function makeVocabulary(random: () => number): Uint8Array {
  const letters = new Uint8Array(vocabulary << 4);
  for (let rank = 0; rank < vocabulary; rank++) {
    const length = Math.min(14, 2 + Math.floor(Math.log(rank + 2) * 0.6) + (random() % 5));
    letters[rank << 4] = length;
    for (let letter = 1; letter <= length; letter++) letters[(rank << 4) + letter] = lowerA + (random() % 26);
  }
  return letters;
}

/** A random entry of this table is the rank of a word, by Zipf's law. */
function zipfTable(): Int32Array {
  const table = new Int32Array(1 << 22);
  let total = 0;
  for (let rank = 1; rank <= vocabulary; rank++) total += 1 / rank;
  let rank = 1;
  let reached = 1;
  for (let entry = 0; entry < table.length; entry++) {
    while (reached < ((entry + 0.5) / table.length) * total) reached += 1 / ++rank;
    table[entry] = rank - 1;
  }
  return table;
}

/** Numbers of 32 bits. */
export function xorshift(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
