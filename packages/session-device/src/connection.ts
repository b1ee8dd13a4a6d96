import type { DeviceHost } from '@bext/session-core/manager'
import type { BoundCookies } from './bound-cookie.js'
import type { Challenges } from './challenges.js'
import type { CheckedOptions } from './options.js'
import type { BindingStore } from './record.js'
import type { RecentProofs } from './recent-proofs.js'

/** A binding that is connected to a manager: what its functions share. */
export interface Connection {
  readonly host: DeviceHost
  readonly store: BindingStore
  readonly options: CheckedOptions
  readonly cookies: BoundCookies
  readonly challenges: Challenges
  readonly recent: RecentProofs
}
