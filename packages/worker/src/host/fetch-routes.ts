// Chooses how an owner is asked: directly, or through the coordinator when it listens nowhere or could not be reached. An
// address that could not be reached is remembered for a while, so that not every fetch waits for a connection in vain. Any
// answer of the owner, a refusal too, is its answer, and no reason to ask it the other way.

import { limits } from '@sheaf/protocol';
import type { Logger } from 'pino';
import { type FetchedPiece, FetchProblem, type FetchRequest, type FetchTransport } from './fetch-transport.ts';
import { Unreachable } from './http-get.ts';

export interface FetchRoutesOptions {
  readonly direct: FetchTransport;
  readonly relay: FetchTransport;
  readonly logger: Logger;
  /** How long an address is not tried again. Default `limits.unreachableMs`. */
  readonly unreachableMs?: number;
}

interface Dead {
  readonly untilMs: number;
  readonly problem: string;
}

export class FetchRoutes implements FetchTransport {
  private readonly options: FetchRoutesOptions;
  /** By address, the oldest first. */
  private readonly unreachable = new Map<string, Dead>();

  constructor(options: FetchRoutesOptions) {
    this.options = options;
  }

  async *read(request: FetchRequest): AsyncGenerator<FetchedPiece> {
    const { address } = request.owner;
    if (address !== null && this.deadAt(address) === null) {
      try {
        yield* this.options.direct.read(request);
        return;
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        this.remember(request, address, error.message);
      }
    }
    try {
      yield* this.options.relay.read(request);
    } catch (error) {
      const dead = address === null ? null : this.deadAt(address);
      throw dead !== null && error instanceof FetchProblem ? new FetchProblem(`${dead.problem}; ${error.message}`, error.hope) : error;
    }
  }

  private deadAt(address: string): Dead | null {
    const dead = this.unreachable.get(address);
    if (dead === undefined) return null;
    if (performance.now() < dead.untilMs) return dead;
    this.unreachable.delete(address);
    return null;
  }

  private remember({ owner, output }: FetchRequest, address: string, problem: string): void {
    if (!this.unreachable.has(address)) {
      const text = 'a worker cannot be reached; its map outputs are asked for through the coordinator';
      this.options.logger.info({ job: output.job, worker: owner.worker, address, problem }, text);
    }
    this.unreachable.delete(address);
    this.unreachable.set(address, { untilMs: performance.now() + (this.options.unreachableMs ?? limits.unreachableMs), problem });
    if (this.unreachable.size <= limits.unreachablesRememberedMax) return;
    for (const oldest of this.unreachable.keys()) {
      this.unreachable.delete(oldest);
      return;
    }
  }
}
