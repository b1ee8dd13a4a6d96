import type { UserSession } from '@bext/session-core/manager'
import { deviceName } from './device-name.js'
import type { SessionData } from './session-data.js'

/** Part of a session's data that the devices page shows. */
export interface Device {
  readonly name: string
  readonly address: string
}

export type DeviceSession = UserSession<Device>

export function deviceOf({ signedInFrom }: SessionData): Device {
  return { name: deviceName(signedInFrom?.userAgent ?? ''), address: signedInFrom?.address ?? '' }
}
