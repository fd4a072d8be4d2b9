// A bigint of any size as self-delimiting bytes whose order is the order of the numbers: a header that says sign and
// length, then the magnitude, most significant byte first and without leading zeros. Of a negative number every byte is
// inverted, the header too, so that larger magnitudes sort lower.
//   header 0x80 + n          a magnitude of n bytes, n ≤ 126
//   header 0xff, n as 3 bytes   a longer one
// A header byte of a number ≥ 0 is ≥ 0x80, of a negative one it is < 0x80.

const shortBytesMax = 126;
const longHeader = 0xff;
const longBytesMax = 0xff_ff_ff;

/** The end of the encoded number, or -1 when it does not fit below `limit`. */
export function writeOrderedBigint(value: bigint, target: Uint8Array, at: number, limit: number): number {
  const negative = value < 0n;
  const digits = value === 0n ? '' : (negative ? -value : value).toString(16);
  const length = (digits.length + 1) >>> 1;
  const headerBytes = length <= shortBytesMax ? 1 : 4;
  if (length > longBytesMax || at + headerBytes + length > limit) return -1;
  const mask = negative ? 0xff : 0;
  if (headerBytes === 1) {
    target[at] = (0x80 + length) ^ mask;
  } else {
    target[at] = longHeader ^ mask;
    target[at + 1] = (length >>> 16) ^ mask;
    target[at + 2] = (length >>> 8) ^ mask;
    target[at + 3] = length ^ mask;
  }
  // Pairs of hexadecimal digits from the end, so that an odd number of them leaves one for the first byte.
  const first = at + headerBytes;
  for (let i = length - 1, digit = digits.length; i >= 0; i--, digit -= 2) {
    const low = digitOf(digits.charCodeAt(digit - 1));
    const high = digit >= 2 ? digitOf(digits.charCodeAt(digit - 2)) : 0;
    target[first + i] = ((high << 4) | low) ^ mask;
  }
  return first + length;
}

/** Where the number that starts at `at` ends; `inverted` is 0xff when the bytes are those of a descending part, else 0. */
export function orderedBigintEnd(source: Uint8Array, at: number, inverted: number): number {
  const header = (source[at] as number) ^ inverted;
  const mask = header < 0x80 ? inverted ^ 0xff : inverted;
  const length = (source[at] as number) ^ mask;
  return length === longHeader ? at + 4 + longLength(source, at, mask) : at + 1 + length - 0x80;
}

export function readOrderedBigint(source: Uint8Array, at: number): bigint {
  const negative = (source[at] as number) < 0x80;
  const mask = negative ? 0xff : 0;
  const end = orderedBigintEnd(source, at, 0);
  if (end > source.length) throw new Error(`bigint at ${at} is cut off`);
  let digits = '0x0';
  for (let i = at + (((source[at] as number) ^ mask) === longHeader ? 4 : 1); i < end; i++) {
    const byte = (source[i] as number) ^ mask;
    digits += (byte < 16 ? '0' : '') + byte.toString(16);
  }
  const magnitude = BigInt(digits);
  return negative ? -magnitude : magnitude;
}

function longLength(source: Uint8Array, at: number, mask: number): number {
  return (((source[at + 1] as number) ^ mask) << 16) | (((source[at + 2] as number) ^ mask) << 8) | ((source[at + 3] as number) ^ mask);
}

/** The value of a lower-case hexadecimal digit. */
function digitOf(code: number): number {
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}
