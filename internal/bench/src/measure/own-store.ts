import { asSessionId, type SessionPlugin } from '@bext/session-core'
import { ttlMs } from './session.js'
import type { Subject } from './suite.js'

/** Returns one of our stores as a subject. */
export function ownStore(name: string, store: SessionPlugin): Subject {
  return {
    name,
    create: (dataJson) => store.create({ dataJson, ttlMs }),
    read: (id) => store.read(asSessionId(id)),
    update: (id, dataJson) => store.update(asSessionId(id), dataJson),
    touch: (id) => store.touch(asSessionId(id), ttlMs),
    delete: (id) => store.delete(asSessionId(id)),
  }
}
