// Started by store.ts with a Node that has node:sqlite. Each store is a file in the folder of the argument.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isSessionError } from '@bext/session-core'
import { migrate, sqliteSessions, type SqliteDatabase } from '@bext/session-sqlite'
import type { Answer, Question } from './store.js'

type Method = (...args: readonly unknown[]) => Promise<unknown>

const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as {
  DatabaseSync: new (path: string) => SqliteDatabase
}
const [folder = '.'] = process.argv.slice(2)
const stores = new Map<number, Promise<Readonly<Record<string, Method>>>>()

async function open(store: number): Promise<Readonly<Record<string, Method>>> {
  const database = new DatabaseSync(join(folder, `${store}.db`))
  await migrate(database)
  return sqliteSessions({ database }) as unknown as Readonly<Record<string, Method>>
}

async function answer({ number, store, method, args }: Question): Promise<Answer> {
  const opened = stores.get(store) ?? open(store)
  stores.set(store, opened)
  try {
    return { number, value: await (await opened)[method]?.(...args) }
  } catch (error) {
    if (!isSessionError(error)) throw error
    return { number, error: { reason: error.reason, message: error.message } }
  }
}

process.on('message', (question: Question) => void answer(question).then((one) => process.send?.(one)))
