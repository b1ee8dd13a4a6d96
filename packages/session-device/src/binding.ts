import type { SessionPlugin } from '@bext/session-core'
import { supportsCompare, supportsGivenId } from '@bext/session-core'
import type { DeviceBinding, DeviceHost } from '@bext/session-core/manager'
import { createBoundCookies } from './bound-cookie.js'
import { createChallenges } from './challenges.js'
import { check } from './check.js'
import type { Connection } from './connection.js'
import { respond } from './endpoints/respond.js'
import { headerNames, registrationHeader } from './headers.js'
import { move } from './move.js'
import type { DeviceBindingOptions } from './options.js'
import { checkOptions } from './options.js'
import type { BindingStore } from './record.js'
import { bindingTtlMs, deleteBinding, readBinding, touchBinding } from './record.js'
import { createRecentProofs } from './recent-proofs.js'
import { createTags } from './tags.js'

/** Returns the store of the manager. Throws a `TypeError` if it cannot hold bindings. */
function checkStore(store: SessionPlugin): BindingStore {
  if (supportsCompare(store) && supportsGivenId(store)) return store
  const why = 'A sealed cookie cannot be bound, because an older seal without the binding opens until it expires.'
  const advice = 'Use memorySessions, redisSessions, pgSessions or sqliteSessions.'
  throw new TypeError(
    `deviceBinding: the store ${store.name} has no createWithId or updateIfUnchanged. ${why} ${advice}`,
  )
}

function checkCookie({ boundCookie }: DeviceHost): void {
  if (/; Secure\b/.test(`; ${boundCookie.attributes}`)) return
  throw new TypeError(
    'deviceBinding: option cookie.secure of the manager is false, but browsers bind only over HTTPS. Leave it out.',
  )
}

/**
 * Creates the option `device` of `createSessionManager`: after a sign-in, the browser registers a key of its device, and from
 * then on the session's cookie alone does not open the session. Experimental. Throws a `TypeError` for a wrong option;
 * `createSessionManager` throws one for a store or a cookie that does not suit.
 */
export function deviceBinding(options: DeviceBindingOptions): DeviceBinding {
  const checked = checkOptions(options)
  const tags = createTags(checked.secrets)
  const cookies = createBoundCookies(tags)
  const challenges = createChallenges(tags, checked.boundCookieMs)

  return {
    connect(host) {
      const store = checkStore(host.store)
      checkCookie(host)
      const connection: Connection = {
        host,
        store,
        options: checked,
        cookies,
        challenges,
        recent: createRecentProofs(),
      }
      return {
        check: (id, evidence) => check(connection, id, evidence),
        keep: (handle, restMs) => touchBinding(store, handle, bindingTtlMs(restMs)),
        move: (from, to, restMs, evidence) => move(connection, from, to, restMs, evidence),
        async offer(handle) {
          const challenge = challenges.issue('registration', handle, await host.nowMs())
          return [headerNames.registration, registrationHeader(`${checked.path}/register`, challenge)]
        },
        forget: (handle) => deleteBinding(store, handle).catch(() => undefined),
        areBound: (handles) =>
          Promise.all(handles.map(async (handle) => (await readBinding(store, handle)) !== undefined)),
        respond: (request) => respond(connection, request),
      }
    },
  }
}
