// Before a release: writes the repository that the workflow runs in into each package.json that is published. npm
// compares it with the provenance, and shows it as the package's home.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repositoryFields } from './lib/repository.js'
import { manifestPaths, root } from './lib/workspace.js'

const { GITHUB_SERVER_URL: server = '', GITHUB_REPOSITORY: repository = '' } = process.env

for (const path of manifestPaths(root).filter((each) => each.startsWith('packages/'))) {
  const file = join(root, path)
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  const fields = repositoryFields(server, repository, dirname(path))
  writeFileSync(file, `${JSON.stringify({ ...manifest, ...fields }, undefined, 2)}\n`)
}
