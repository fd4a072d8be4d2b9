// A link that a test can cut: a proxy between a worker and its coordinator. While it is cut it takes no connections, as if
// nobody listened there.

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class CuttableLink {
  private readonly target: number;
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;
  private port = 0;

  private constructor(target: number) {
    this.target = target;
  }

  /** A whole link to a port of this machine. */
  static async to(target: number): Promise<CuttableLink> {
    const link = new CuttableLink(target);
    await link.mend();
    return link;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  async cut(): Promise<void> {
    const { server } = this;
    this.server = null;
    const closed = new Promise<void>(resolve => (server === null ? resolve() : server.close(() => resolve())));
    for (const socket of this.sockets) socket.resetAndDestroy();
    await closed;
  }

  async mend(): Promise<void> {
    const server = createServer(near => this.join(near, connect(this.target, '127.0.0.1')));
    await new Promise<void>(resolve => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  private join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
