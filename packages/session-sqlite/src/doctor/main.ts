#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { runDoctor, UnreachableError, UsageError, type Finding } from '@bext/session-core/doctor'
import { parseArguments, usage, type DoctorArguments } from './arguments.js'
import { diagnoseSqlite } from './diagnose.js'
import { openFile } from './open-file.js'

const timeoutMs = 5000
// The path is the same from the source and from the build.
const manifest = new URL('../../package.json', import.meta.url)

/** Returns the message of the driver or of the operating system. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? cause.message : String(cause)
}

async function examine({ path, table }: DoctorArguments): Promise<readonly Finding[]> {
  try {
    const database = await openFile(path)
    try {
      return await diagnoseSqlite(database, { table, timeoutMs })
    } finally {
      database.close()
    }
  } catch (error) {
    if (error instanceof TypeError || error instanceof UsageError) throw error
    throw new UnreachableError(`The file cannot be read: ${reasonOf(error)}`)
  }
}

function version(): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version
}

await runDoctor({ usage, version, parse: parseArguments, examine }, process, styleText)
