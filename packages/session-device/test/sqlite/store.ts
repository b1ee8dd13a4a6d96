import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { forkWithSqlite } from '@bext-internal/test-services/node-with-sqlite'
import type { SessionErrorReason, SessionPlugin } from '@bext/session-core'
import { SessionError } from '@bext/session-core'

/** A call of a store in the other process. */
export interface Question {
  readonly number: number
  readonly store: number
  readonly method: string
  readonly args: readonly unknown[]
}

export interface Answer {
  readonly number: number
  readonly value?: unknown
  readonly error?: { readonly reason: SessionErrorReason; readonly message: string }
}

type Call = (store: number, method: string, args: readonly unknown[]) => Promise<unknown>

const methods = ['create', 'read', 'update', 'touch', 'delete', 'isHealthy', 'createWithId', 'updateIfUnchanged']
const listMethods = ['listUserSessions', 'endUserSession', 'endUserSessions', 'listUserRecords', 'updateUserRecord']

/** Starts a process with a newer Node, which the driver may need. It ends with this one. */
async function start(): Promise<Call> {
  const folder = mkdtempSync(join(tmpdir(), 'session-device-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const child: ChildProcess = await forkWithSqlite(fileURLToPath(new URL('server.ts', import.meta.url)), folder)
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>()
  let calls = 0
  child.on('message', ({ number, value, error }: Answer) => {
    if (error) waiting.get(number)?.reject(new SessionError(error.reason, error.message))
    else waiting.get(number)?.resolve(value)
    waiting.delete(number)
  })
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`The process with SQLite ended with code ${code}.`))
  })
  return (store, method, args) =>
    new Promise((resolve, reject) => {
      calls += 1
      waiting.set(calls, { resolve, reject })
      const question: Question = { number: calls, store, method, args }
      child.send(question)
    })
}

let started: Promise<Call> | undefined
let stores = 0

/** Opens a store of @bext/session-sqlite over a new file. */
export async function sqliteStore(): Promise<SessionPlugin> {
  started ??= start()
  const call = await started
  stores += 1
  const store = stores
  const entries = [...methods, ...listMethods].map((method) => [
    method,
    (...args: readonly unknown[]) => call(store, method, args),
  ])
  return { name: 'sqlite', ...Object.fromEntries(entries) } as SessionPlugin
}
