#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { runDoctor, UnreachableError, type Finding } from '@bext/session-core/doctor'
import { parseArguments, usage, type DoctorArguments } from './arguments.js'
import { diagnosePg } from './diagnose.js'
import { openInstalledDriver } from './installed-driver.js'

const timeoutMs = 5000
// The path is the same from the source and from the build.
const manifest = new URL('../../package.json', import.meta.url)

/** Returns the message of the driver or the server. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? cause.message : String(cause)
}

async function examine({ url, schema, table }: DoctorArguments): Promise<readonly Finding[]> {
  const { client, end } = await openInstalledDriver(url, timeoutMs)
  try {
    return await diagnosePg(client, { schema, table, timeoutMs })
  } catch (error) {
    if (error instanceof TypeError) throw error
    throw new UnreachableError(`PostgreSQL cannot be reached: ${reasonOf(error)}`)
  } finally {
    await end()
  }
}

function version(): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version
}

await runDoctor({ usage, version, parse: parseArguments, examine }, process, styleText)
