// Before a release: writes the repository of the running workflow into the package.json of each published package. npm
// compares it with the provenance and links to it from the package's page.
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
