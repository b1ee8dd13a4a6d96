import { applicableCases, formatResult, runAll, startRun } from '@bext/session-conformance'
import { harnessOf } from '../harness.js'
import { driverOf } from '../helpers/drivers.js'

const harness = harnessOf(driverOf(process.argv[2]))
const run = startRun(harness)
const results = await runAll(run, applicableCases(harness))
const report = {
  passed: results.filter(({ verdict }) => verdict === 'pass').map((result) => result.case.id),
  others: results.filter(({ verdict }) => verdict !== 'pass').map((result) => formatResult(result, run)),
}
process.stdout.write(JSON.stringify(report))
