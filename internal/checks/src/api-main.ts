// npm run api: builds the packages and writes their declarations, as users compile against them, to packages/*/api.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { apiReports, outdatedReports } from './api-report.js'
import { buildPackages } from './build.js'
import { root } from './workspace.js'

const problem = await buildPackages()
if (problem !== '') throw new Error(problem)
const reports = apiReports()
for (const path of outdatedReports()) {
  const file = join(root, path)
  const text = reports.get(path)
  rmSync(file, { force: true })
  mkdirSync(dirname(file), { recursive: true })
  if (text !== undefined) writeFileSync(file, text)
  console.log(`${text === undefined ? 'removed' : 'written'}: ${path}`)
}
