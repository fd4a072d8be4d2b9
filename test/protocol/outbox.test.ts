// The outbox's promise: whatever is put into it arrives in its order and whole, in frames that the limits allow, and everyone who
// asked is told once that the message has left.

import { fc, test } from '@fast-check/vitest';
import { limits } from '@sheaf/protocol';
import { decodeFrame, encodeMessage, Outbox, workerMessageSchema } from '@sheaf/protocol/control-codec';
import { describe, expect, it } from 'vitest';

interface Sent {
  readonly bytes: Uint8Array;
  readonly left: () => void;
}

function newOutbox(): { readonly outbox: Outbox; readonly frames: Sent[]; readonly asked: () => number } {
  const frames: Sent[] = [];
  let asked = 0;
  const outbox = new Outbox({
    send: frame => frames.push(frame),
    flushSoon: () => {
      asked++;
    },
  });
  return { outbox, frames, asked: () => asked };
}

const lines = (text: string, request: number): Uint8Array => encodeMessage({ type: 'log-lines', request, text });

describe('the outbox', () => {
  test.prop([fc.array(fc.tuple(fc.nat(70_000), fc.boolean()), { maxLength: 40 })])('keeps messages whole and in order', sizes => {
    const { outbox, frames } = newOutbox();
    const left: number[] = [];
    sizes.forEach(([size, flushes], i) => {
      outbox.add(lines('x'.repeat(size), i), () => left.push(i));
      if (flushes) outbox.flush();
    });
    outbox.flush();
    const heard = frames.flatMap(({ bytes }) => {
      const decoded = decodeFrame(bytes, workerMessageSchema);
      return decoded.type === 'messages' ? decoded.messages : [];
    });
    expect(heard.map(message => ('request' in message ? message.request : -1))).toEqual(sizes.map((_, i) => i));
    for (const frame of frames) frame.left();
    expect(left).toEqual(sizes.map((_, i) => i));
    expect(outbox.waitingBytes).toBe(0);
  });

  it('asks once for a flush, gathers what comes until then, and cuts at its limits', () => {
    const { outbox, frames, asked } = newOutbox();
    for (let i = 0; i < limits.gatheredMessagesMax + 1; i++) outbox.add(lines('', i), null);
    expect([frames.length, asked()]).toEqual([1, 2]);
    outbox.add(new Uint8Array(limits.gatheredFrameBytesMax + 1), null);
    expect(frames.map(({ bytes }) => bytes.length > limits.gatheredFrameBytesMax)).toEqual([false, false, true]);
  });

  it('sends a message that is alone as it is', () => {
    const { outbox, frames } = newOutbox();
    outbox.add(lines('alone', 1), null);
    outbox.flush();
    outbox.flush();
    expect(frames.map(({ bytes }) => bytes)).toEqual([lines('alone', 1)]);
  });
});

it('of a list of messages none counts when one is malformed, and lists hold no lists', () => {
  const { outbox, frames } = newOutbox();
  outbox.add(lines('good', 1), null);
  outbox.add(encodeMessage({ type: 'sudo' }), null);
  outbox.flush();
  outbox.add(frames[0]?.bytes ?? new Uint8Array(), null);
  outbox.add(lines('good', 2), null);
  outbox.flush();
  for (const { bytes } of frames) expect(decodeFrame(bytes, workerMessageSchema).type).toBe('malformed');
});
