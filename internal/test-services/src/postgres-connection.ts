import postgres from 'postgres'

const answerWithinSeconds = 3

/** Runs one statement on a separate connection. Resolves to its rows. */
export async function askPostgres(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, {
    max: 1,
    connect_timeout: answerWithinSeconds,
    fetch_types: false,
    onnotice: () => {},
  })
  try {
    return await sql.unsafe(statement)
  } finally {
    await sql.end({ timeout: 0 })
  }
}
