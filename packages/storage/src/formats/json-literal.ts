// The text of a number in a JSON object. JSON.parse rounds numbers to doubles; a bigint column needs all their digits.
// Only called for texts that JSON.parse has accepted, so that no syntax is checked here.

/** The literal of the last member `name` of the object in `json`; null when it has none, or none that is a number. */
export function numberLiteral(json: string, name: string): string | null {
  let literal: string | null = null;
  let at = json.indexOf('{') + 1;
  while (at > 0 && at < json.length) {
    at = skip(json, at, /[\s,]*/y);
    if (json[at] !== '"') break;
    const keyEnd = skip(json, at, stringPattern);
    const key = JSON.parse(json.slice(at, keyEnd)) as string;
    const valueStart = skip(json, keyEnd, /\s*:\s*/y);
    const valueEnd = skipValue(json, valueStart);
    if (key === name) literal = /^[-0-9]/.test(json[valueStart] ?? '') ? json.slice(valueStart, valueEnd) : null;
    at = valueEnd;
  }
  return literal;
}

const stringPattern = /"(?:[^"\\]|\\.)*"/sy;

function skip(json: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  return pattern.test(json) ? pattern.lastIndex : at;
}

/** Behind the value at `at`: depth counts brackets of both kinds, strings are stepped over whole. */
function skipValue(json: string, at: number): number {
  let depth = 0;
  for (let i = at; i < json.length; ) {
    const character = json[i] as string;
    if (character === '"') i = skip(json, i, stringPattern);
    else if (depth === 0 && /[,}\s]/.test(character)) return i;
    else {
      if (character === '{' || character === '[') depth++;
      else if (character === '}' || character === ']') depth--;
      i++;
    }
    if (depth === 0 && (character === '"' || character === '}' || character === ']')) return i;
  }
  return json.length;
}
