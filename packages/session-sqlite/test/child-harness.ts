import { harnessOf } from './harness.js'
import { driverOf } from './helpers/drivers.js'

// Loaded in a separate process. The query of this module's URL names the driver.
export default harnessOf(driverOf(new URL(import.meta.url).searchParams.get('driver') ?? undefined))
