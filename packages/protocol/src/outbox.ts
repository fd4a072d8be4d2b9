// What one end of a link has to say, on its way into frames: messages that come close together travel as one frame, as each frame
// costs both ends system calls that many a message does not. Order is kept; nothing waits for longer than the flush that was
// asked for. A frame of one message is that message; of several, a list of them.

import { limits } from './limits.ts';

interface Frame {
  readonly bytes: Uint8Array;
  /** Told when the frame has left this process, or never will. */
  readonly left: () => void;
}

export interface OutboxOptions {
  readonly send: (frame: Frame) => void;
  /** Asks for a call of `flush` soon. */
  readonly flushSoon: () => void;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly left: (() => void) | null;
}

export class Outbox {
  private readonly options: OutboxOptions;
  private waiting: Waiting[] = [];
  private bytes = 0;

  constructor(options: OutboxOptions) {
    this.options = options;
  }

  /** Encoded bytes that wait for a flush. */
  get waitingBytes(): number {
    return this.bytes;
  }

  /** Takes an encoded message. */
  add(bytes: Uint8Array, left: (() => void) | null): void {
    if (this.bytes + bytes.length > limits.gatheredFrameBytesMax) this.flush();
    this.waiting.push({ bytes, left });
    this.bytes += bytes.length;
    if (this.bytes > limits.gatheredFrameBytesMax || this.waiting.length === limits.gatheredMessagesMax) this.flush();
    else if (this.waiting.length === 1) this.options.flushSoon();
  }

  /** Sends what waits. */
  flush(): void {
    const { waiting, bytes } = this;
    if (waiting.length === 0) return;
    this.waiting = [];
    this.bytes = 0;
    const left = (): void => {
      for (const message of waiting) message.left?.();
    };
    const [first] = waiting;
    this.options.send({ bytes: waiting.length === 1 && first !== undefined ? first.bytes : listOf(waiting, bytes), left });
  }
}

/** The messages as one msgpack list. */
function listOf(messages: readonly Waiting[], bytes: number): Uint8Array {
  const frame = new Uint8Array(3 + bytes);
  frame[0] = 0xdc;
  frame[1] = messages.length >>> 8;
  frame[2] = messages.length & 0xff;
  let at = 3;
  for (const message of messages) {
    frame.set(message.bytes, at);
    at += message.bytes.length;
  }
  return frame;
}
