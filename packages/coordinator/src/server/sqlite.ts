// The one place that knows where SQLite comes from: the addon that carries its binaries, or Node's own where that is absent.
// Both have the same interface, of which this file names what the journal needs.

export interface SqliteStatement {
  run(...parameters: readonly SqliteValue[]): unknown;
  get(...parameters: readonly SqliteValue[]): { readonly [column: string]: SqliteValue } | undefined;
  iterate(...parameters: readonly SqliteValue[]): IterableIterator<{ readonly [column: string]: SqliteValue }>;
}

export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export type SqliteValue = number | bigint | string | null | Uint8Array;

interface SqliteModule {
  readonly DatabaseSync: new (path: string, options: { readonly timeout: number }) => SqliteDatabase;
}

/** Opens a database file, making it when it is missing. A database that another process holds is an error at once. */
export async function openSqlite(path: string): Promise<SqliteDatabase> {
  const { DatabaseSync } = await loadSqlite();
  return new DatabaseSync(path, { timeout: 0 });
}

async function loadSqlite(): Promise<SqliteModule> {
  // Names in variables: TypeScript for Node 20 knows no `node:sqlite`, and the addon's types would enter every build.
  const names = ['@photostructure/sqlite', 'node:sqlite'];
  const causes: unknown[] = [];
  for (const name of names) {
    try {
      return (await import(name)) as SqliteModule;
    } catch (error) {
      causes.push(error);
    }
  }
  throw new Error(`no SQLite: neither ${names.join(' nor ')} can be loaded by this Node`, { cause: new AggregateError(causes) });
}
