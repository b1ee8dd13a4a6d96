import { expect, test } from 'vitest'
import { backends } from '../src/backends.js'
import { randomFrom } from '../src/random.js'
import { runScenario } from '../src/run-scenario.js'

const scenarios = backends.flatMap(({ name, scenarios: all }) => all.map((scenario) => ({ name, scenario })))

test.concurrent.each(scenarios)('E2 E5 H2 $name $scenario.name: nothing happens that may not', async ({ scenario }) => {
  // Once through all disturbances, with each setting of the client.
  const all = await runScenario(scenario, { seconds: 1, inFlight: 16, random: randomFrom(1), report: () => {} })
  for (const { violations, details } of all) {
    expect({ violations, details }).toEqual({ violations: {}, details: [] })
  }
})
