// One WebSocket with typed messages in both directions. Every frame that arrives is checked before anyone sees it; what is
// malformed closes the link. What is sent in one turn of the event loop goes as one frame. The send queue is bounded: an end that does not read is let go, never waited for in memory.

import { limits } from '@sheaf/protocol';
import { closeCodes, decodeFrame, encodeMessage, Outbox, type Schema } from '@sheaf/protocol/control-codec';
import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';

export interface LinkOptions<Incoming> {
  readonly socket: WebSocket;
  readonly schema: Schema<Incoming>;
  readonly logger: Logger;
  readonly onMessage: (message: Incoming) => void;
  /** Told once, when nothing more comes. */
  readonly onClosed: (reason: string) => void;
}

export class Link<Incoming, Outgoing extends object> {
  private readonly socket: WebSocket;
  private readonly options: LinkOptions<Incoming>;
  private readonly outbox: Outbox;
  private heardAtMs: number = performance.now();
  private open = true;
  private problem = 'the connection was lost';

  constructor(options: LinkOptions<Incoming>) {
    const { socket } = options;
    this.socket = socket;
    this.options = options;
    this.outbox = new Outbox({
      send: ({ bytes, left }) => socket.send(bytes, () => left()),
      flushSoon: () => setImmediate(() => this.outbox.flush()),
    });
    socket.on('message', (data, isBinary) => this.received(data, isBinary));
    socket.on('pong', () => this.heard());
    socket.on('ping', () => this.heard());
    socket.on('error', error => {
      this.problem = error.message;
    });
    socket.on('close', (_, reason) => this.closed(reason.length > 0 ? reason.toString('utf8') : this.problem));
  }

  /** Sends, unless the link is closing. `left` is told when the message has left this process, or never will. */
  send(message: Outgoing, left: (() => void) | null = null): void {
    if (!this.open) {
      left?.();
      return;
    }
    const bytes = encodeMessage(message);
    if (this.socket.bufferedAmount + this.outbox.waitingBytes + bytes.length > limits.sendQueueBytesMax) {
      this.close(closeCodes.tooSlow, 'the other end reads too slowly');
      this.socket.terminate();
      left?.();
      return;
    }
    this.outbox.add(bytes, left);
  }

  /** Ends the link. What was sent before still goes out; an end that does not answer the close is cut off. */
  close(code: number, reason: string): void {
    if (!this.open) return;
    this.outbox.flush();
    this.socket.close(code, closeText(reason));
    setTimeout(() => this.socket.terminate(), limits.helloDeadlineMs).unref();
    this.closed(reason);
  }

  /** How long the other end has said nothing, not even a pong. */
  silentMs(): number {
    return performance.now() - this.heardAtMs;
  }

  /** Lets the other end know that this one is there, and asks it to say so too. */
  ping(): void {
    if (this.open) this.socket.ping();
  }

  private heard(): void {
    this.heardAtMs = performance.now();
  }

  private received(data: RawData, isBinary: boolean): void {
    this.heard();
    if (!this.open) return;
    const decoded = decodeFrame(isBinary ? (data as Buffer) : new Uint8Array(), this.options.schema);
    if (decoded.type === 'messages') {
      for (const message of decoded.messages) if (this.open) this.options.onMessage(message);
      return;
    }
    this.options.logger.warn({ problem: decoded.problem }, 'a malformed message closed its link');
    this.close(closeCodes.malformed, decoded.problem);
  }

  private closed(reason: string): void {
    if (!this.open) return;
    this.open = false;
    this.options.onClosed(reason);
  }
}

/** A close reason holds 123 bytes; a character is not cut in two. */
function closeText(reason: string): string {
  return reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 123);
}
