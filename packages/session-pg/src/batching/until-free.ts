import type { Deadline } from '@bext/session-core/store-helpers'
import type { WrittenRow } from '../connection.js'
import { createLockedCalls, type LockedCall } from './locked-calls.js'

type Send = () => Promise<WrittenRow>

interface LockedWrite extends LockedCall {
  readonly send: Send
  readonly resolve: (row: WrittenRow) => void
}

async function tryAll(writes: readonly LockedWrite[]): Promise<LockedWrite[]> {
  const busy: LockedWrite[] = []
  for (const write of writes) {
    try {
      const row = await write.send()
      if (row[0] === 'busy') busy.push(write)
      else write.resolve(row)
    } catch (error) {
      write.reject(error)
    }
  }
  return busy
}

/** Sends a write, and again for as long as it is `busy`. All that wait share one connection, one after the other. */
export function createUntilFree(): (deadline: Deadline, send: Send) => Promise<WrittenRow> {
  const wait = createLockedCalls<LockedWrite>((_deadline, writes) => tryAll(writes))
  return async (deadline, send) => {
    const row = await send()
    if (row[0] !== 'busy') return row
    return new Promise((resolve, reject) => wait({ deadline, send, resolve, reject }))
  }
}
