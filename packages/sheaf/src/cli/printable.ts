// Text from outside (records, messages of user code, file names) on its way to a terminal: what could move the cursor or
// change colours is escaped, and lines are cut to a width.

/** Control characters as `\n`, `\t`, `\x1b` …; lone surrogates as `\ud800`. */
export function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu, escapeOne);
}

/** Like `escaped`, but line ends stay: for text that is meant to have several lines. */
export function escapedLines(text: string): string {
  return text.split('\n').map(escaped).join('\n');
}

/** At most `width` characters; an ellipsis stands for what was cut. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

function escapeOne(character: string): string {
  const short: { readonly [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const code = character.charCodeAt(0);
  return short[character] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`);
}
