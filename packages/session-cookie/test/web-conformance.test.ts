import { testConformance } from '@bext/session-conformance/vitest'
import { vi } from 'vitest'
import { harness } from './harness.js'

vi.mock('#sealer', () => import('../src/seal/sealer-web.js'))

testConformance({ ...harness, name: 'cookie, with WebCrypto' }, { strict: true })
