// What the programs of this package are started with.

export interface Program {
  /** The file of the command `sheaf`. */
  readonly cli: string;
  /** The clone. */
  readonly root: string;
  /** The folder of this package. */
  readonly package: string;
  readonly arguments: readonly string[];
}
