/** A value as text, or SQL's `null`. */
export type SqlText = string | null

/** A row of texts, as PostgreSQL sends them. */
export type TextRow = readonly SqlText[]

/** A statement of the store. */
export interface PgStatement {
  readonly text: string
  /** Values of `$1`, `$2` and so on. Each is cast from text in the statement. */
  readonly parameters: readonly SqlText[]
  /** True if the connection may keep the statement prepared. False behind a pooler. */
  readonly prepare: boolean
  /** Time of `performance.now()` from which the statement must not be sent. */
  readonly untilMs: number
}

/** The server's answer to a statement. */
export interface PgReply {
  /** Each value in PostgreSQL's text format, and `null` for SQL's `null`. */
  readonly rows: readonly TextRow[]
  /**
   * Id of the server process that the connection was opened to. If another process answers, a pooler is in between.
   * Undefined if the driver does not know it.
   */
  readonly serverProcess?: number | undefined
}

/**
 * A client of any driver, as the store uses it. A method rejects with the server's error, whose `code` is the SQLSTATE;
 * with `UnsentError` if the driver certainly did not send the statement, and never will; and with any other error if the
 * statement may have been sent.
 */
export interface PgAdapter {
  /** Runs one statement outside of a transaction, on a connection that nobody else uses meanwhile. */
  runStatement(statement: PgStatement): Promise<PgReply>
  /** Runs several statements without parameters as one message, so that the server runs them in one transaction. */
  runScript(text: string): Promise<void>
}

/** Thrown for a statement that the server has not answered. `cause` is the driver's error. */
export class UnansweredError extends Error {
  readonly code: string | undefined

  /** `code` is for a cause that has none: a code of postgres.js, such as `CONNECTION_CLOSED`. */
  constructor(cause: unknown, code?: string) {
    super('The server did not answer the statement.', { cause })
    this.code = code
  }
}

/**
 * Thrown for a statement that was not sent and never will be. `cause` is the driver's error. The code for a connection
 * that did not become free before `untilMs` is `QUERY_TIMEOUT`.
 */
export class UnsentError extends UnansweredError {}
