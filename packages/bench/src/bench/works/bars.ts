// What is asked of the figures of a work, and whether it holds.

/** Of one case: medians over its runs. */
export interface Figures {
  readonly seconds: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number | null;
  /** Of the coordinator alone, where there is one that the case did not start. */
  readonly coordinatorBytes: number | null;
  readonly bytes: number;
  readonly runs: number;
}

export type FiguresOf = (name: string) => Figures | null;

export interface Verdict {
  readonly found: string;
  readonly held: boolean;
}

export interface Bar {
  readonly text: string;
  /** null when one of the cases has no figures. */
  judge(of: FiguresOf): Verdict | null;
}

/** At least so many times as fast as the fastest of the others. */
export function timesFaster(ours: string, others: readonly string[], times: number): Bar {
  return {
    text: `${ours}: ${times === 1 ? 'faster than' : `at least ${times} × as fast as`} ${others.join(' or ')}`,
    judge: of => {
      const own = of(ours);
      const best = Math.min(...others.map(name => of(name)?.seconds ?? Number.POSITIVE_INFINITY));
      if (own === null || best === Number.POSITIVE_INFINITY) return null;
      return { found: `${(best / own.seconds).toFixed(2)} ×`, held: best >= own.seconds * times };
    },
  };
}

/** At most so many times the time of the other. */
export function timesAtMost(ours: string, other: string, times: number): Bar {
  return {
    text: `${ours}: at most ${times} × the time of ${other}`,
    judge: of => {
      const [own, their] = [of(ours), of(other)];
      if (own === null || their === null) return null;
      return { found: `${(own.seconds / their.seconds).toFixed(2)} ×`, held: own.seconds <= their.seconds * times };
    },
  };
}

export function secondsBelow(ours: string, limit: number): Bar {
  return {
    text: `${ours}: below ${limit} s`,
    judge: of => {
      const own = of(ours);
      return own === null ? null : { found: `${own.seconds.toFixed(3)} s`, held: own.seconds < limit };
    },
  };
}

export function memoryBelow(ours: string, limitMb: number, of: 'all processes' | 'coordinator' = 'all processes'): Bar {
  return {
    text: `${ours}: memory of ${of === 'coordinator' ? 'the coordinator' : of} below ${limitMb} MB`,
    judge: figuresOf => {
      const own = figuresOf(ours);
      const bytes = (of === 'coordinator' ? own?.coordinatorBytes : own?.peakBytes) ?? null;
      return bytes === null ? null : { found: `${Math.round(bytes / 1e6)} MB`, held: bytes < limitMb * 1e6 };
    },
  };
}

/** Of so many alike, one costs no more than that. */
export function millisecondsEach(ours: string, count: number, limit: number): Bar {
  return {
    text: `${ours}: at most ${limit} ms each`,
    judge: of => {
      const own = of(ours);
      if (own === null) return null;
      const each = (own.seconds * 1_000) / count;
      return { found: `${each.toFixed(3)} ms`, held: each <= limit };
    },
  };
}

export interface Sizing {
  readonly small: string;
  readonly large: string;
  /** The same with next to nothing to do, which takes what starting takes: that is left out. null: it is not. */
  readonly idle: string | null;
}

/** Time for each byte of the larger input, over that of the smaller one. */
export function timePerByte({ small, large, idle }: Sizing, [least, most]: readonly [number, number]): Bar {
  const bounds = least === 0 ? `at most ${most}` : `${least} to ${most}`;
  return {
    text: `${large}: ${bounds} × the time per byte of ${small}${idle === null ? '' : ', without the start'}`,
    judge: of => {
      const [few, many] = [of(small), of(large)];
      const start = idle === null ? 0 : (of(idle)?.seconds ?? null);
      if (few === null || many === null || start === null) return null;
      const ratio = (many.seconds - start) / many.bytes / ((few.seconds - start) / few.bytes);
      return { found: `${ratio.toFixed(2)} ×`, held: ratio >= least && ratio <= most };
    },
  };
}

export interface Scaling {
  readonly name: string;
  readonly one: string;
  readonly two: string;
  readonly idleOne: string;
  readonly idleTwo: string;
}

/** How many times as fast the second slot makes it, without what starting takes. */
export function speedUp({ name, one, two, idleOne, idleTwo }: Scaling, times: number): Bar {
  return {
    text: `${name}: two slots at least ${times} × as fast as one, without the start`,
    judge: of => {
      const [first, second, firstIdle, secondIdle] = [of(one), of(two), of(idleOne), of(idleTwo)];
      if (first === null || second === null || firstIdle === null || secondIdle === null) return null;
      const ratio = (first.seconds - firstIdle.seconds) / (second.seconds - secondIdle.seconds);
      return { found: `${ratio.toFixed(2)} ×`, held: ratio >= times };
    },
  };
}
