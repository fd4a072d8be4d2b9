// Fetches through the coordinator, over this worker's own link to it: chunk by chunk, each asked for when the one before has
// come, so that no more is on its way than is being waited for. Every question has a deadline. Without a link nothing can be
// asked; whoever wants to, comes back.

import { limits, type WorkerId } from '@sheaf/protocol';
import type { ChunkAnswer, ChunkRefusal, OutputChunk, WorkerMessage } from '@sheaf/protocol/messages';
import { type FetchedPiece, FetchProblem, type FetchRequest, type FetchTransport } from './fetch-transport.ts';

type Send = (message: WorkerMessage) => void;

interface Question {
  readonly answered: (answer: ChunkAnswer) => void;
  readonly failed: (error: unknown) => void;
}

export class RelayTransport implements FetchTransport {
  private readonly answerMs: number;
  private send: Send | null = null;
  private questionsMade = 0;
  private readonly questions = new Map<number, Question>();

  constructor(answerMs: number = limits.relayAnswerMs) {
    this.answerMs = answerMs;
  }

  /** There is a session with the coordinator. */
  linked(send: Send): void {
    this.send = send;
  }

  /** The link is gone, and with it every answer. */
  unlinked(): void {
    this.send = null;
    for (const { failed } of [...this.questions.values()]) failed(notLinked());
  }

  /** The coordinator has answered; when nobody waits for it any more, it is dropped. */
  answered(request: number, answer: ChunkAnswer): void {
    this.questions.get(request)?.answered(answer);
  }

  async *read({ owner, output, bytes, range, signal }: FetchRequest): AsyncGenerator<FetchedPiece> {
    const { worker } = owner;
    for (let from = range.from; from < range.to; ) {
      const length = Math.min(limits.relayBytesMax, range.to - from);
      const answer = await this.ask(worker, { output, from, length }, signal);
      if (answer.type === 'refused') throw problemOf(answer.why, worker);
      if (answer.outputBytes !== bytes) throw new Error(`${worker} has ${answer.outputBytes} bytes of it, not ${bytes}`);
      if (answer.bytes.length !== length) throw new Error(`${worker} sent ${answer.bytes.length} bytes, not ${length}`);
      yield { bytes: answer.bytes, way: 'relayed' };
      from += length;
    }
  }

  private async ask(worker: WorkerId, chunk: OutputChunk, signal: AbortSignal): Promise<ChunkAnswer> {
    const { send } = this;
    signal.throwIfAborted();
    if (send === null) throw notLinked();
    this.questionsMade += 1;
    const request = this.questionsMade;
    return new Promise((resolve, reject) => {
      const over = (): void => {
        clearTimeout(deadline);
        signal.removeEventListener('abort', stop);
        this.questions.delete(request);
      };
      const failed = (error: unknown): void => {
        over();
        reject(error);
      };
      const stop = (): void => failed(signal.reason);
      const deadline = setTimeout(() => failed(new FetchProblem('the coordinator does not pass it on', 'soon')), this.answerMs);
      signal.addEventListener('abort', stop, { once: true });
      const answered = (answer: ChunkAnswer): void => {
        over();
        resolve(answer);
      };
      this.questions.set(request, { answered, failed });
      send({ type: 'fetch', request, worker, ...chunk });
    });
  }
}

function notLinked(): FetchProblem {
  return new FetchProblem('this worker is not connected to the coordinator', 'later');
}

function problemOf(why: ChunkRefusal, worker: WorkerId): FetchProblem {
  switch (why) {
    case 'gone':
      return new FetchProblem(`${worker} has it no more`, 'never');
    case 'busy':
      return new FetchProblem('too much is fetched through the coordinator', 'later');
    case 'away':
      return new FetchProblem(`${worker} is not connected to the coordinator`, 'soon');
    case 'silent':
      return new FetchProblem(`${worker} does not answer the coordinator`, 'soon');
  }
}
