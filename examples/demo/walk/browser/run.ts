import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DemoOptions } from '../../src/options.js'
import { walkEach } from '../run.js'
import { needChromium, withChromium } from './chromium.js'
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
  if (screenshots !== undefined) await mkdir(screenshots, { recursive: true })
  await withChromium(chromium, signal, (browser) =>
    walkEach(options, signal, async ({ url }, store, report) => {
      await walkInBrowser({ browser, store, url, report, picture: picturesIn(screenshots, store.plugin.name) })
    }),
  )
}
