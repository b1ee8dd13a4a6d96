import { formatResult, runConformance } from '@bext/session-conformance'
import harness from '../harness.js'

const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1
const results = await runConformance(harness, { seed })
const report = {
  passed: results.filter(({ verdict }) => verdict === 'pass').map((result) => result.case.id),
  others: results.filter(({ verdict }) => verdict !== 'pass').map((result) => formatResult(result, { harness, seed })),
}
process.stdout.write(JSON.stringify(report))
