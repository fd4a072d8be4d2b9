// A kernel is a self-contained function: it reads nothing of its module, all it needs comes in as arguments. Each stage gets
// an instance of its own, made from the source text, so that the types one stage has shown to V8 never slow another's loop
// (a shared loop becomes up to five times slower; a factory called twice shares its feedback, new source text does not).
// Hence a kernel may be as long as its loop needs: what would be another function elsewhere is nested in it.

/** A fresh copy of `kernel` with type feedback of its own. */
export function instantiate<Kernel extends (...args: never[]) => unknown>(kernel: Kernel): Kernel {
  return new Function(`return (${kernel.toString()});`)() as Kernel;
}
