// Messages to bytes and back, for the links of workers and clients with the coordinator: msgpack, one message or a list in a frame.
// Bytes are hostile until they passed three gates: checkWire (shape of the bytes), msgpackr, and the schema of the link's
// direction. What fails is a value that says why, never an exception: the link closes with that text.

import { Packr, Unpackr } from 'msgpackr';
import { limits } from './limits.ts';
import { isCommonCoordinatorMessage, isCommonWorkerMessage } from './messages/quick-check.ts';
import type { Schema } from './messages/schema.ts';
import { coordinatorMessageSchema, workerMessageSchema } from './messages/worker-schema.ts';
import { checkWire } from './wire-check.ts';

export { clientMessageSchema, serverMessageSchema } from './messages/client-schema.ts';
export { isCommonResult } from './messages/quick-check.ts';
export type { Schema } from './messages/schema.ts';
export { Outbox } from './outbox.ts';
export { coordinatorMessageSchema, workerMessageSchema };

/** The version both ends must name in their first message. */
export const protocolVersion = 2;

/** Why a link was closed, as the WebSocket's close code; the reason's text says more. */
export const closeCodes = {
  /** The coordinator or the process ends; come back later. */
  goingAway: 1001,
  /** A newer connection of the same worker has come, or the worker was silent for too long. */
  sessionEnded: 4000,
  malformed: 4002,
  /** A message that has no place here, or no first message within its deadline. */
  unexpected: 4003,
  /** The other end reads more slowly than it is sent to. */
  tooSlow: 4004,
  version: 4010,
} as const;

export type Decoded<Message> =
  | { readonly type: 'messages'; readonly messages: readonly Message[] }
  | { readonly type: 'malformed'; readonly problem: string };

const packer = new Packr({
  useRecords: false,
  variableMapSize: true,
  moreTypes: false,
  structuredClone: false,
  encodeUndefinedAsNil: true,
});
const unpacker = new Unpackr({
  useRecords: false,
  mapsAsObjects: true,
  structuredClone: false,
  int64AsType: 'number',
  copyBuffers: true,
});

/** The bytes of a message of ours. A message that no frame can hold is a bug of the caller, who should have cut it into several. */
export function encodeMessage(message: object): Uint8Array {
  const bytes = packer.pack(message);
  if (bytes.length > limits.frameBytesMax) throw new Error(`a message of ${bytes.length} bytes does not fit in a frame`);
  return bytes;
}

let checkedMessages = 0;
/** Zod makes a function of each object's schema at its first use, in about the time of a hundred checks without. */
const checksWithoutCode = 1_000;

/** Whether a value is what the schema says. A process that sees few messages never waits for code to be made for them. */
export function checkMessage<Message>(schema: Schema<Message>, value: unknown): ReturnType<Schema<Message>['safeParse']> {
  checkedMessages += 1;
  return schema.safeParse(value, { jitless: checkedMessages <= checksWithoutCode });
}

/** The messages in a frame, in order, or what is wrong with the frame: then none of them counts. Never throws. */
export function decodeFrame<Message>(bytes: Uint8Array, schema: Schema<Message>): Decoded<Message> {
  const unsafe = checkWire(bytes);
  if (unsafe !== null) return { type: 'malformed', problem: unsafe };
  let value: unknown;
  try {
    // A plain view, as the bytes of a Buffer would come out as Buffers.
    value = unpacker.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch (error) {
    return { type: 'malformed', problem: `no msgpack: ${error instanceof Error ? error.message : String(error)}` };
  }
  const messages: Message[] = [];
  const isCommon = quickChecks.get(schema);
  for (const each of Array.isArray(value) ? value : [value]) {
    if (isCommon?.(each) === true) {
      messages.push(each as Message);
      continue;
    }
    const parsed = checkMessage(schema, each);
    if (!parsed.success) return { type: 'malformed', problem: describe(each, parsed.error.issues[0]) };
    messages.push(parsed.data);
  }
  return { type: 'messages', messages };
}

const quickChecks = new Map<unknown, (value: unknown) => boolean>([
  [workerMessageSchema, isCommonWorkerMessage],
  [coordinatorMessageSchema, isCommonCoordinatorMessage],
]);

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** `succeeded: result.outputs.0.hash: Invalid string`: short, and free of control characters, as it goes into logs and close reasons. */
function describe(value: unknown, issue: Issue | undefined): string {
  const type = typeof value === 'object' && value !== null && 'type' in value ? String(value.type) : 'no message';
  const place = (issue?.path ?? []).map(String).join('.');
  return `${type}: ${place}: ${issue?.message ?? 'refused'}`.replace(/[^\x20-\x7e]/g, '?').slice(0, limits.recordPreviewChars);
}
