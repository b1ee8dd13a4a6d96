import type { ConformanceCase } from '../lib/case.js'
import { defineCase } from '../lib/case.js'
import { runModel } from '../lib/model.js'

export const modelCases: readonly ConformanceCase[] = [
  defineCase('R6-model', 'random sequences of calls do what a model of the contract does', async (context) => {
    await runModel(context)
  }),
]
