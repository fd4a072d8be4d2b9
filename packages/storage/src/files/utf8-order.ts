// The order of strings by their UTF-8 bytes, without making the bytes: listings, and with them splits and task numbers, hang
// on it. It is the order of code points, which UTF-16 code units keep but for the surrogates (U+10000 and above come last).

/** Negative, zero or positive, as the UTF-8 bytes of `a` stand before, with or after those of `b`. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves the surrogates D800–DFFF behind E000–FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
