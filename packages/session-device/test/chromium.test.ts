import { expect, it } from 'vitest'
import { installedChromium } from './browser-proof/chromium.js'
import { walkThroughBinding } from './browser-proof/walk.js'

// The Chromium of PATH, because that of npm has no device-bound sessions.
it.skipIf(installedChromium === undefined)(
  'Chromium registers, refreshes and ends a bound session',
  { timeout: 480_000 },
  async () => {
    const said: string[] = []
    await walkThroughBinding((text) => said.push(text)).catch((error: unknown) => {
      throw new Error(`After:\n${said.join('\n')}`, { cause: error })
    })
    expect(said.filter((text) => text.startsWith('ok '))).toHaveLength(20)
  },
)
