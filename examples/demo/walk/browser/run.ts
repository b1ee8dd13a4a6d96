import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import type { DemoOptions } from '../../src/options.js'
import { canBindSessions } from '../../src/sessions.js'
import type { Walk } from '../run.js'
import { walkEach } from '../run.js'
import { createCertificate } from '@bext-internal/test-services/certificate'
import { hasDeviceBoundSessions, needChromium, withChromium } from './chromium.js'
import type { Scene } from './scene.js'
import { walkInBrowser } from './walk.js'

function picturesIn(folder: string | undefined, store: string): Scene['picture'] {
  if (folder === undefined) return async () => {}
  return async ({ page }, name) => {
    await page.screenshot({ path: join(folder, `${store}-${name}.png`), fullPage: true })
  }
}

/** Runs the walk of `--browser` on each store. Rejects if a check fails or the signal is aborted. */
export async function walkAllInBrowser(options: DemoOptions, signal: AbortSignal): Promise<void> {
  const { screenshots } = options
  const chromium = await needChromium()
  const certificate = await createCertificate()
  if (screenshots !== undefined) await mkdir(screenshots, { recursive: true })
  const walkIn = (browser: Browser): Promise<void> => {
    const isCapable = hasDeviceBoundSessions(chromium, browser)
    const walk: Walk = ({ url }, store, report) => {
      const bindsDevices = isCapable && canBindSessions(store.plugin, url)
      return walkInBrowser({
        browser,
        store,
        url,
        report,
        bindsDevices,
        picture: picturesIn(screenshots, store.plugin.name),
      })
    }
    return walkEach(options, signal, walk, certificate)
  }
  await withChromium(chromium, signal, walkIn, certificate.publicKeyHash)
}
