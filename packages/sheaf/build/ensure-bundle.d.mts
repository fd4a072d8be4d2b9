/** Absolute paths of a bundle's entries. */
export interface Bundle {
  readonly directory: string;
  readonly cli: string;
  readonly executor: string;
  readonly index: string;
}
/** Gives the paths of the bundle of the sources as they are now, making it when they changed. `cache` is where bundles are kept. */
export function ensureBundle(cache?: string): Promise<Bundle>;
