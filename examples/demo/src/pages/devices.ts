import type { DeviceSession } from '../devices.js'
import { formatAge } from '../format-time.js'
import type { Html } from '../html.js'
import { html } from '../html.js'
import type { PageView } from './layout.js'
import { button, pageOf, signInFirst, time } from './layout.js'

export interface DevicesView extends PageView {
  /** Sessions of the user. Undefined if the store cannot list them. */
  readonly devices: readonly DeviceSession[] | undefined
  /** True if sessions are bound to devices whose browsers support it. */
  readonly canBind: boolean
  readonly nowMs: number
}

const title = 'Your devices'

function lastUse({ isCurrent, lastSeenAtMs }: DeviceSession, nowMs: number): Html {
  if (isCurrent) return html`In use now`
  if (lastSeenAtMs === undefined) return html`Last use unknown`
  return html`Last used ${time(lastSeenAtMs, formatAge(lastSeenAtMs, nowMs))}`
}

function deviceItem(device: DeviceSession, nowMs: number): Html {
  const { handle, authenticatedAtMs, createdAtMs, description, isCurrent, isDeviceBound } = device
  const bound = isCurrent ? 'Bound to this device' : 'Bound to its device'
  const address = description?.address ?? ''
  return html`<li class="row">
    <div class="grow">
      <p class="row">
        <b class="device">${description?.name ?? 'Unknown device'}</b>
        ${isCurrent ? html`<span class="badge">This device</span>` : ''}
        ${isDeviceBound === true ? html`<span class="badge bound">${bound}</span>` : ''}
      </p>
      <p class="quiet">${lastUse(device, nowMs)}</p>
      <p class="quiet">
        Signed in ${time(authenticatedAtMs ?? createdAtMs)}${address === '' ? '' : ` from ${address}`}
      </p>
    </div>
    ${isCurrent ? button('/sign-out', 'Sign out') : button('/end-session', 'Sign out that one', { handle })}
  </li>`
}

function noDevicesSection(): Html {
  return html`<section>
    <h2>${title}</h2>
    <p id="no-devices">
      This store cannot list them. A sealed cookie is the session itself, and nothing on the server knows how many there
      are.
    </p>
    <p class="quiet">
      For the same reason, signing out clears the cookie in this browser, but a copy of it opens until it expires.
    </p>
  </section>`
}

function bindingSection(): Html {
  return html`<section>
    <h2>Bound to a device</h2>
    <p>
      The browser keeps a private key for the session, in the device's security chip where there is one, and proves it
      every few minutes. A copy of the cookies opens nothing after ten minutes.
    </p>
    <p class="quiet">A session without that mark comes from a browser that cannot do this, and works as usual.</p>
  </section>`
}

function devicesSection(devices: readonly DeviceSession[], nowMs: number): Html {
  const ownFirst = devices.toSorted((a, b) => Number(b.isCurrent) - Number(a.isCurrent))
  return html`<section>
    <h2>${title}</h2>
    <ul id="devices">
      ${ownFirst.map((device) => deviceItem(device, nowMs))}
    </ul>
    <div class="row">
      ${devices.length > 1 ? button('/sign-out-others', 'Sign out all others') : ''}
      ${button('/sign-out-everywhere', 'Sign out everywhere')}
    </div>
  </section>`
}

export function devicesPage(view: DevicesView): string {
  const { userId, devices, canBind, nowMs } = view
  if (userId === undefined) return pageOf(view, '/devices', [signInFirst(title)])
  if (!devices) return pageOf(view, '/devices', [noDevicesSection()])
  return pageOf(view, '/devices', [devicesSection(devices, nowMs), ...(canBind ? [bindingSection()] : [])])
}
