import type { SessionId } from '../contract/plugin.js'
import { isSessionError } from '../contract/errors.js'
import type { ConnectedDevice, DeviceBinding, DeviceSession } from './device.js'
import { assertNotExpired } from './expiry.js'
import type { Host } from './host.js'
import { beganAtMsOf, decodeStoredSession } from './stored-session.js'
import { handleOf } from './session-names.js'

type DeviceContext = Pick<Host, 'store' | 'lifetimes' | 'clock' | 'cookies'>

async function readSession(context: DeviceContext, id: SessionId): Promise<DeviceSession | undefined> {
  try {
    const record = await context.store.read(id)
    const { data: _, dataText: __, ...envelope } = decodeStoredSession(record.dataJson)
    const beganAtMs = beganAtMsOf({ record, envelope })
    if (beganAtMs === undefined) return undefined
    await assertNotExpired(context, { record, envelope })
    const { isRemembered, isReplaced } = envelope
    const absoluteExpiresAtMs = context.lifetimes.absoluteExpiresAtMs({ beganAtMs, isRemembered })
    return { handle: handleOf(id), userId: record.userId, isReplaced, absoluteExpiresAtMs }
  } catch (error) {
    if (isSessionError(error) && error.code === 'Backend') throw error
    return undefined
  }
}

/** Connects the option `device` to the manager. Throws a `TypeError` if the store or the cookie does not suit. */
export function connectDevice(context: DeviceContext, binding: DeviceBinding): ConnectedDevice {
  const { store, cookies, clock } = context
  const { bound } = cookies
  return binding.connect({
    store,
    boundCookie: {
      name: bound.name,
      attributes: bound.attributes,
      header: ({ value, maxAge }) => bound.write(value, maxAge).header,
    },
    nowMs: () => clock.exactMs(),
    readIds: (cookieHeader) => cookies.read(cookieHeader).main,
    readSession: (id) => readSession(context, id),
    handleOf,
  })
}
