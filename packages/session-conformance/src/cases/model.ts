import type { ConformanceCase } from '../runner/case.js'
import { defineCase } from '../runner/case.js'
import { runModel } from '../toolbox/model.js'

export const modelCases: readonly ConformanceCase[] = [
  defineCase('R6-model', 'random sequences of calls do what a model of the contract does', async (context) => {
    await runModel(context)
  }),
]
