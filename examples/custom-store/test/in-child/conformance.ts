import { applicableCases, formatResult, runAll, startRun } from '@bext/session-conformance'
import harness from '../harness.js'

const run = startRun(harness)
const results = await runAll(run, applicableCases(harness))
const report = {
  passed: results.filter(({ verdict }) => verdict === 'pass').map((result) => result.case.id),
  others: results.filter(({ verdict }) => verdict !== 'pass').map((result) => formatResult(result, run)),
}
process.stdout.write(JSON.stringify(report))
