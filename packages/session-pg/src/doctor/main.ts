#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { runDoctor, UnreachableError, UsageError, type Finding } from '@bext/session-core/doctor'
import postgres from 'postgres'
import { parseArguments, usage, type DoctorArguments } from './arguments.js'
import { diagnosePg } from './diagnose.js'

const timeoutMs = 5000
// At the same distance from the source and from the build.
const manifest = new URL('../../package.json', import.meta.url)

function open(url: string): postgres.Sql {
  try {
    // No settings of the connection: a pooler refuses those that it does not know.
    return postgres(url, { max: 1, connect_timeout: timeoutMs / 1000, fetch_types: false, onnotice: () => {} })
  } catch {
    // The driver's error quotes the URL, and with it the password.
    throw new UsageError('doctor expects a URL that can be parsed: percent-encode what is special in the password.')
  }
}

/** What the driver, or the server, says of why there is no connection. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? cause.message : String(cause)
}

async function examine({ url, schema, table }: DoctorArguments): Promise<readonly Finding[]> {
  const sql = open(url)
  try {
    return await diagnosePg(sql, { schema, table, timeoutMs })
  } catch (error) {
    if (error instanceof TypeError) throw error
    throw new UnreachableError(`PostgreSQL cannot be asked: ${reasonOf(error)}`)
  } finally {
    await sql.end({ timeout: 0 })
  }
}

function version(): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version
}

const colors = { ok: 'green', note: 'yellow', problem: 'red' } as const
const isColorful = process.stdout.isTTY && !process.env['NO_COLOR']

process.exitCode = await runDoctor({ usage, version, parse: parseArguments, examine }, process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  paint: (level, mark) => (isColorful ? styleText(colors[level], mark) : mark),
})
