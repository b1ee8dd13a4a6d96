import { isSessionError } from '@bext/session-core'
import { sqliteSessions } from '../../src/sqlite-store.js'

/** A call of the store, as another process wishes it. */
export interface Wish {
  readonly number: number
  readonly method: 'create' | 'update' | 'touch' | 'isHealthy'
  readonly args: readonly unknown[]
}

export interface Answer {
  readonly number: number
  readonly value: unknown
}

const store = sqliteSessions({ path: process.argv[2] ?? '', timeoutMs: 20_000 })

async function answer({ number, method, args }: Wish): Promise<void> {
  let value: unknown
  try {
    value = await Reflect.apply(store[method], store, args)
  } catch (error) {
    value = isSessionError(error) ? error.code : String(error)
  }
  process.send?.({ number, value } satisfies Answer)
}

process.on('message', (wish: Wish) => void answer(wish))
