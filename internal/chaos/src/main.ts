import { runCommand, UsageError } from '@bext-internal/command-line'
import { backends } from './backends.js'
import { parseOptions, usageOf, type ChaosOptions } from './options.js'
import { randomFrom } from './random.js'
import { failed, renderCounts } from './report.js'
import { runScenario } from './run-scenario.js'
import type { Scenario } from './scenario.js'

const names = backends.map(({ name }) => name)

function chooseScenarios({ backend, scenario }: ChaosOptions): readonly Scenario[] {
  const known = backends.find(({ name }) => name === backend)?.scenarios ?? []
  if (scenario === undefined) return known
  const chosen = known.filter(({ name }) => name === scenario)
  if (chosen.length > 0) return chosen
  const expected = known.map(({ name }) => name).join(', ')
  throw new UsageError(`--scenario must be one of ${expected}, but it is ${JSON.stringify(scenario)}.`)
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), names)
  if (options === undefined) {
    console.log(usageOf(names))
    return
  }
  const { seconds, inFlight, seed } = options
  const random = randomFrom(seed)
  const scenarios = chooseScenarios(options)
  console.log(`${seconds} s for each scenario, ${inFlight} in flight, seed ${seed}`)
  for (const scenario of scenarios) {
    const report = (client: string, counts: Parameters<typeof renderCounts>[1]): void =>
      console.log(renderCounts(`${scenario.name}, ${client}`, counts))
    const all = await runScenario(scenario, { seconds, inFlight, random, report })
    if (all.some(failed)) process.exitCode = 1
  }
}

await runCommand(usageOf(names), main)
