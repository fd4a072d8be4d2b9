// Rooms: no more at once than there are, in order of asking, and whoever gives up in line leaves it.

import { describe, expect, it } from 'vitest';
import { Rooms } from '../../../packages/worker/src/host/rooms.ts';

const never = new AbortController().signal;

/** Work that ends when it is told to, and says when it begins. */
class Guests {
  readonly inside: string[] = [];
  private readonly leaving = new Map<string, () => void>();

  enter(rooms: Rooms, name: string, signal: AbortSignal = never): Promise<string> {
    return rooms.within(signal, async () => {
      this.inside.push(name);
      await new Promise<void>(resolve => this.leaving.set(name, resolve));
      this.inside.splice(this.inside.indexOf(name), 1);
      return name;
    });
  }

  leave(name: string): void {
    this.leaving.get(name)?.();
  }
}

describe('rooms', () => {
  it('are given in order of asking', async () => {
    const [rooms, guests] = [new Rooms(2), new Guests()];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(name => guests.enter(rooms, name));
    await expect.poll(() => guests.inside).toEqual(['a', 'b']);
    guests.leave('b');
    expect(await b).toBe('b');
    await expect.poll(() => guests.inside).toEqual(['a', 'c']);
    for (const name of ['a', 'c']) guests.leave(name);
    await Promise.all([a, c]);
    await expect.poll(() => guests.inside).toEqual(['d']);
    guests.leave('d');
    await d;
  });

  it('are free again after work that fails', async () => {
    const rooms = new Rooms(1);
    await expect(rooms.within(never, () => Promise.reject(new Error('it failed')))).rejects.toThrow('it failed');
    expect(await rooms.within(never, async () => 'in')).toBe('in');
  });

  it('are not waited for by those who have given up', async () => {
    const [rooms, guests] = [new Rooms(1), new Guests()];
    const abort = new AbortController();
    const a = guests.enter(rooms, 'a');
    const b = guests.enter(rooms, 'b', abort.signal);
    const c = guests.enter(rooms, 'c');
    abort.abort(new Error('waited too long'));
    await expect(b).rejects.toThrow('waited too long');
    guests.leave('a');
    await a;
    await expect.poll(() => guests.inside).toEqual(['c']);
    guests.leave('c');
    await c;
    await expect(guests.enter(rooms, 'd', abort.signal)).rejects.toThrow('waited too long');
    expect(await rooms.within(never, async () => 'in')).toBe('in');
  });
});
