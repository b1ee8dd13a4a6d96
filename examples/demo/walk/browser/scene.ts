import type { Browser } from 'playwright-core'
import type { Report } from '../report.js'
import type { DemoStore } from '../../src/stores/store.js'
import type { Visitor } from './visitor.js'

/** Browser, app and report of a walk. */
export interface Scene {
  readonly browser: Browser
  readonly store: DemoStore
  readonly url: string
  readonly report: Report
  /** True if the browser and the app bind sessions to the device. */
  readonly bindsDevices: boolean
  /** Saves a screenshot of the visitor's page, if `--screenshots` is given. */
  readonly picture: (visitor: Visitor, name: string) => Promise<void>
}
