#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { runDoctor, UnreachableError, UsageError, type Finding } from '@bext/session-core/doctor'
import postgres from 'postgres'
import { parseArguments, usage, type DoctorArguments } from './arguments.js'
import { diagnosePg } from './diagnose.js'

const timeoutMs = 5000
// The path is the same from the source and from the build.
const manifest = new URL('../../package.json', import.meta.url)

function open(url: string): postgres.Sql {
  try {
    // Set nothing on the connection, because a pooler rejects settings that it does not know.
    return postgres(url, { max: 1, connect_timeout: timeoutMs / 1000, fetch_types: false, onnotice: () => {} })
  } catch {
    // The driver's error quotes the URL, which contains the password.
    throw new UsageError('The URL cannot be parsed. Percent-encode special characters in the user and the password.')
  }
}

/** Returns the message of the driver or the server. */
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
    throw new UnreachableError(`PostgreSQL cannot be reached: ${reasonOf(error)}`)
  } finally {
    await sql.end({ timeout: 0 })
  }
}

function version(): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version
}

await runDoctor({ usage, version, parse: parseArguments, examine }, process, styleText)
