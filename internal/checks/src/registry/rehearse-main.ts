// pnpm release:rehearse: versions, packs and publishes a copy of the workspace to a local registry. It checks that
// nothing is published twice, and that only changed packages and their dependents get a new version.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packages } from '../workspace.js'
import { startRegistry } from './local-registry.js'
import { carryOutChangesets, copyWorkspace, publish, type Rehearsal, versionsIn } from './rehearsal.js'
import { printTable, type Row } from './table.js'

const names = packages.map(({ manifest }) => manifest.name)
const rows: Row[] = []
const expectSame = (subject: string, found: readonly string[], wanted: readonly string[]): void => {
  const passed = found.toSorted().join(' ') === wanted.toSorted().join(' ')
  const list = found.join(', ') || 'nothing'
  rows.push({ subject, passed, remark: passed ? list : `${list}; expected: ${wanted.join(', ') || 'nothing'}` })
}

async function change(rehearsal: Rehearsal, name: string, size: 'patch' | 'minor'): Promise<string[]> {
  const text = `---\n'${name}': ${size}\n---\n\nA rehearsed ${size}.\n`
  writeFileSync(join(rehearsal.folder, '.changeset/rehearsed.md'), text)
  return carryOutChangesets(rehearsal)
}

/** Resolves to the packages that the registry serves with their folder in the repository. */
async function namesWithRepository(url: string): Promise<string[]> {
  const found = await Promise.all(
    packages.map(async ({ folder: path, manifest: { name } }) => {
      const reply = await fetch(`${url}/${name.replace('/', '%2f')}/latest`)
      const { repository } = (await reply.json()) as { repository?: { directory?: string } }
      return repository?.directory === path ? [name] : []
    }),
  )
  return found.flat()
}

const dependentsOf = (name: string): string[] =>
  packages.filter(({ manifest }) => manifest.dependencies?.[name] !== undefined).map(({ manifest }) => manifest.name)

async function rehearse(rehearsal: Rehearsal): Promise<void> {
  const core = '@bext/session-core'
  expectSame('the changesets here bump', await carryOutChangesets(rehearsal), names)
  expectSame('a release publishes', await publish(rehearsal), names)
  expectSame('the registry names the repository of', await namesWithRepository(registry.url), names)
  expectSame('a second one publishes', await publish(rehearsal), [])
  expectSame('a patch of redis bumps', await change(rehearsal, '@bext/session-redis', 'patch'), ['@bext/session-redis'])
  expectSame('its release publishes', await publish(rehearsal), ['@bext/session-redis'])
  expectSame('a patch of core, which ranges allow, bumps', await change(rehearsal, core, 'patch'), [core])
  expectSame('a minor of core bumps', await change(rehearsal, core, 'minor'), [core, ...dependentsOf(core)])
  expectSame('their release publishes', await publish(rehearsal), [core, ...dependentsOf(core)])
  const beyond = Object.entries(versionsIn(rehearsal)).filter(([, one]) => !one.startsWith('0.'))
  expectSame(
    'beyond 0.x went',
    beyond.map(([name]) => name),
    [],
  )
  for (const { folder } of packages) {
    const changelog = join(rehearsal.folder, folder, 'CHANGELOG.md')
    console.log(existsSync(changelog) ? readFileSync(changelog, 'utf8') : `${folder} has no changelog\n`)
  }
}

const registry = await startRegistry()
const folder = await realpath(await mkdtemp(join(tmpdir(), 'bext-rehearsal-')))
try {
  await rehearse(await copyWorkspace(folder, registry))
} finally {
  await rm(folder, { recursive: true, force: true })
  await registry.stop()
}
process.exitCode = printTable(rows) ? 0 : 1
