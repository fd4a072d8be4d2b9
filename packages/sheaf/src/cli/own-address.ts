// Under which address this machine is reached from a coordinator's side: the near end of the route that leads there.

import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import type { CoordinatorAddress } from '../submit/coordinator-address.ts';

/** The address that packets to the coordinator leave from; nothing is sent. 127.0.0.1 when no route leads there (yet). */
export function ownAddressTowards({ host, port }: CoordinatorAddress): Promise<string> {
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
  return new Promise(resolve => {
    const connected = (error?: Error): void => {
      const address = error === undefined ? socket.address().address : '127.0.0.1';
      socket.close();
      resolve(address);
    };
    socket.connect(port, host, connected as () => void);
  });
}

/** Whether it stands for every address of this machine: nobody can be told to come there. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
