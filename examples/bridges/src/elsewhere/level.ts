import { once } from 'node:events'
import type { EventEmitter } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreHarness } from '@bext/session-conformance'
import { expressHarness } from '@bext/session-conformance/express'
import type { ExpressStore } from '@bext/session-conformance/express'
import { perNamespace } from '../namespaces.js'
import { load, versionsOf } from './packages.js'

interface Store extends ExpressStore, EventEmitter {
  readonly db: { createReadStream(): AsyncIterable<{ readonly key: string }> }
  on(event: string, listener: () => void): this
}

/** Creates the harness of level-session-store, with a folder for each namespace. */
export function levelSessionStore(): StoreHarness {
  const session = load('express-session')
  const LevelStore = (load('level-session-store') as (session: unknown) => new (folder: string) => Store)(session)

  // A folder can be open only once.
  const storeOf = perNamespace(async (namespace) => {
    const store = new LevelStore(join(tmpdir(), namespace))
    await once(store, 'connect')
    return store
  })

  return expressHarness({
    name: 'level-session-store',
    versions: versionsOf('level-session-store', 'level'),
    open: async ({ namespace }) => ({ store: await storeOf(namespace) }),
    async inspect(namespace) {
      const entries: string[] = []
      for await (const entry of (await storeOf(namespace)).db.createReadStream()) {
        // The store counts its sessions under this key.
        if (entry.key !== '__length__') entries.push(JSON.stringify(entry))
      }
      return entries
    },
  })
}
