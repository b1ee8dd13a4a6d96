/** One of what is compared: sessions by text ids, with JSON text as data. */
export interface Subject {
  readonly name: string
  /** Resolves to the id of the new session. */
  create(dataJson: string): Promise<string>
  read(id: string): Promise<unknown>
  update(id: string, dataJson: string): Promise<unknown>
  touch(id: string): Promise<unknown>
  delete(id: string): Promise<unknown>
}

export interface OpenSuite {
  /** The raw driver first, then the peers. */
  readonly others: readonly [raw: Subject, ...peers: Subject[]]
  readonly store: Subject
  /** Of the server and of what is compared. */
  readonly versions: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** The benchmarks of one backend. */
export interface Suite {
  readonly backend: string
  /** What the raw driver and the peers do for each operation, as Markdown. */
  readonly notes: string
  open(): Promise<OpenSuite>
}
