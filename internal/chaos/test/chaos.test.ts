import { expect, test } from 'vitest'
import { backends } from '../src/backends.js'
import { randomFrom } from '../src/random.js'
import { runScenario } from '../src/run-scenario.js'

const scenarios = backends.flatMap(({ name, scenarios: all }) => all.map((scenario) => ({ name, scenario })))

test.concurrent.each(scenarios)(
  'E2 E5 H2 $name $scenario.name: no violations',
  { timeout: 120_000 },
  async ({ scenario }) => {
    // So short a run goes through all disturbances once.
    const all = await runScenario(scenario, { seconds: 1, inFlight: 16, random: randomFrom(1), report: () => {} })
    for (const { violations, details } of all) {
      expect({ violations, details }).toEqual({ violations: {}, details: [] })
    }
  },
)
