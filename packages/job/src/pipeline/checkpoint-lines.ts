// The lines of a checkpoint: a record as JSON, in which what JSON cannot hold stands as an object whose only member is '$'. So values
// come back as they were: bigint, Date, bytes, NaN, ±Infinity, −0, undefined.

type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain };

/** One line, without its end. Throws TypeError for what no value may be. */
export function checkpointLine(record: unknown): string {
  return JSON.stringify(plainOf(record));
}

/** The record of a line. */
export function checkpointRecord(line: string): unknown {
  return valueOfPlain(JSON.parse(line) as Plain);
}

function plainOf(value: unknown): Plain {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $: Object.is(value, -0) ? '-0' : String(value) };
    case 'bigint':
      return { $: `${value}n` };
    case 'undefined':
      return { $: 'undefined' };
    case 'object':
      return value === null ? null : plainOfObject(value);
    default:
      throw new TypeError(`checkpoint: a ${typeof value} is no value`);
  }
}

function plainOfObject(value: object): Plain {
  if (value instanceof Date) return { $: `date ${value.getTime()}` };
  if (value instanceof Uint8Array) return { $: `bytes ${Buffer.from(value).toString('base64')}` };
  if (Array.isArray(value)) return value.map(plainOf);
  const members = Object.entries(value).flatMap(([name, member]) => (member === undefined ? [] : [[name, plainOf(member)] as const]));
  const plain = Object.fromEntries(members);
  // An object that looks like one of ours.
  return members.length === 1 && members[0]?.[0] === '$' ? { $: plain } : plain;
}

function valueOfPlain(plain: Plain): unknown {
  if (typeof plain !== 'object' || plain === null) return plain;
  if (Array.isArray(plain)) return plain.map(valueOfPlain);
  const members = Object.entries(plain as { readonly [name: string]: Plain });
  const [first] = members;
  if (first !== undefined && members.length === 1 && first[0] === '$') {
    return typeof first[1] === 'string' ? special(first[1]) : { $: valueOfPlain((first[1] as { readonly $: Plain }).$) };
  }
  return Object.fromEntries(members.map(([name, member]) => [name, valueOfPlain(member)]));
}

function special(text: string): unknown {
  if (text === 'undefined') return undefined;
  if (text.startsWith('date ')) return new Date(Number(text.slice(5)));
  if (text.startsWith('bytes ')) return new Uint8Array(Buffer.from(text.slice(6), 'base64'));
  return text.endsWith('n') ? BigInt(text.slice(0, -1)) : Number(text);
}
