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
  try {
    return (await import('@photostructure/sqlite')) as unknown as SqliteModule;
  } catch (addonError) {
    // By a variable, as the types of Node 20 do not know it.
    const builtIn = 'node:sqlite';
    try {
      return (await import(builtIn)) as SqliteModule;
    } catch (error) {
      const cause = new AggregateError([addonError, error]);
      throw new Error(`no SQLite: the addon @photostructure/sqlite does not load, and this Node has no ${builtIn}`, { cause });
    }
  }
}
