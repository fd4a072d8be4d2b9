// Fetches by HTTP from the owner's shuffle server: one request for the whole range.

import type { FetchedPiece, FetchRequest, FetchTransport } from './fetch-transport.ts';
import type { HttpGet } from './http-get.ts';
import { outputBytesHeader, outputRequestPath } from './shuffle-server.ts';

export class HttpTransport implements FetchTransport {
  private readonly get: HttpGet;

  constructor(get: HttpGet) {
    this.get = get;
  }

  /** Throws Unreachable, before anything has come, when the owner cannot be reached this way. */
  async *read({ owner, output, bytes, range, signal }: FetchRequest): AsyncGenerator<FetchedPiece> {
    const { from, to } = range;
    const length = to - from;
    const { address } = owner;
    const response = await this.get.open(new URL(`http://${address}${outputRequestPath(output)}?from=${from}&length=${length}`), signal);
    try {
      const there = Number(response.headers[outputBytesHeader]);
      if (there !== bytes) throw new Error(`${address} has ${there} bytes of it, not ${bytes}`);
      let received = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        received += chunk.length;
        if (received > length) throw new Error(`${address} sent more than ${length} bytes`);
        yield { bytes: chunk, way: 'direct' };
      }
      if (received !== length) throw new Error(`${address} sent ${received} bytes of ${length}`);
    } finally {
      response.destroy();
    }
  }
}
