// Gives bytes of this worker's map outputs to the coordinator, which passes them on to a worker that cannot come here. It reads
// what the table of outputs names, as the shuffle server does. Chunks that are being read or have not left count, and whoever
// comes when there are too many is told to come back.

import { limits } from '@sheaf/protocol';
import type { ChunkAnswer, OutputChunk, WorkerMessage } from '@sheaf/protocol/messages';
import { type OutputTable, openWhole, outputKey } from './output-table.ts';

type Send = (message: WorkerMessage, left: () => void) => void;

export class RelayServer {
  private readonly outputs: OutputTable;
  private serving = 0;

  constructor(outputs: OutputTable) {
    this.outputs = outputs;
  }

  /** Answers a `fetch` over the link that it came from; `send` tells when the answer has left, or never will. */
  async serve(request: number, chunk: OutputChunk, send: Send): Promise<void> {
    if (this.serving >= limits.relaysPerOwnerMax) {
      send({ type: 'fetched', request, answer: { type: 'refused', why: 'busy' } }, () => undefined);
      return;
    }
    this.serving++;
    const answer = await this.answerTo(chunk).catch((): ChunkAnswer => ({ type: 'refused', why: 'gone' }));
    send({ type: 'fetched', request, answer }, () => {
      this.serving--;
    });
  }

  private async answerTo({ output: name, from, length }: OutputChunk): Promise<ChunkAnswer> {
    const output = this.outputs.get(outputKey(name));
    const file = output === null || from + length > output.bytes ? null : await openWhole(output);
    if (output === null || file === null) return { type: 'refused', why: 'gone' };
    try {
      const bytes = Buffer.alloc(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(bytes, done, length - done, (output.at ?? 0) + from + done);
        if (bytesRead === 0) return { type: 'refused', why: 'gone' };
        done += bytesRead;
      }
      return { type: 'bytes', outputBytes: output.bytes, bytes };
    } finally {
      await file.close();
    }
  }
}
