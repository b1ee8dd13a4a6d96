/** The part of `node:sqlite` that the store uses, for older types of Node. From 22.5 on they bring it themselves. */
declare module 'node:sqlite' {
  type Value = null | number | bigint | string | Uint8Array

  export class StatementSync {
    all(...values: Value[]): Record<string, Value>[]
    get(...values: Value[]): Record<string, Value> | undefined
    run(...values: Value[]): { changes: number | bigint }
  }

  export class DatabaseSync {
    constructor(path: string)
    exec(sql: string): void
    prepare(sql: string): StatementSync
    close(): void
  }
}
