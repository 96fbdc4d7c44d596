export type Row = Record<string, unknown>;

export type Result<R extends object = Row> = { rows: R[]; rowCount: number | null };

/** Anything that can run a query: the pool, or one client inside a transaction. */
export type Database = {
  query<R extends object = Row>(text: string, values?: readonly unknown[]): Promise<Result<R>>;
};

export type PoolClient = Database & {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'notification', listener: () => void): unknown;
  /** @param broken ends the connection, with all that its session holds */
  release(broken?: Error | boolean): void;
};

/** Of `pg.Pool` what a ledger needs, so that one in a folder can be the same. */
export type Pool = Database & { connect(): Promise<PoolClient>; end(): Promise<void> };
