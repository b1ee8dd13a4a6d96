import type { Browser } from 'playwright-core'
import type { Report } from '../report.js'
import type { DemoStore } from '../../src/stores/store.js'
import type { Visitor } from './visitor.js'

/** What the steps of a walk in a browser have to do with. */
export interface Scene {
  readonly browser: Browser
  readonly store: DemoStore
  readonly url: string
  readonly report: Report
  /** Keeps a picture of what the visitor sees, where pictures are wanted. */
  readonly picture: (visitor: Visitor, name: string) => Promise<void>
}
