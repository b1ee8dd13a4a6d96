import { join } from 'node:path'
import { checkPackage } from '@arethetypeswrong/core'
import { problemAffectsResolutionKind, problemKindInfo } from '@arethetypeswrong/core/problems'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { filesBelow, sourceOf } from './build.js'
import { headingFragments, links } from './markdown.js'
import type { Packed } from './pack.js'
import { type Manifest, type Package, root } from './workspace.js'

/** Returns the problems with the fields that every published package must have. */
export function manifestProblems(manifest: Manifest): string[] {
  const wanted = {
    license: manifest.license === 'MIT',
    type: manifest.type === 'module',
    'engines.node': manifest.engines?.node === '>=20.19',
    sideEffects: manifest.sideEffects === false,
    description: (manifest.description ?? '') !== '',
    private: manifest.private !== true,
    'publishConfig.access': manifest.publishConfig?.access === 'public',
  }
  return Object.entries(wanted).flatMap(([field, right]) => (right ? [] : [`the field ${field} is missing or wrong`]))
}

/** Returns the differences between the entries of `exports` (workspace) and `publishConfig.exports` (npm). */
export function exportsProblems({ exports: inside = {}, publishConfig }: Manifest): string[] {
  const outside = publishConfig?.exports ?? {}
  const entries = [...new Set([...Object.keys(inside), ...Object.keys(outside)])]
  if (entries.length === 0) return ['nothing is exported']
  return entries.flatMap((entry) => {
    const wanted = inside[entry]?.replace(/^\.\/src\/(.+)\.ts$/, './dist/$1.js')
    return wanted !== undefined && wanted !== inside[entry] && wanted === outside[entry]
      ? []
      : [`${entry}: exports has ${inside[entry]}, publishConfig.exports has ${outside[entry]}`]
  })
}

/** Returns the files that the tarball lacks or must not contain. */
export function tarballProblems({ folder }: Package, { files, contents, manifest }: Packed): string[] {
  const built = filesBelow(join(root, folder, 'src'))
  const lacking = [
    ...['LICENSE', 'README.md', 'package.json'].filter((file) => !files.includes(file)),
    ...built.map((file) => `dist/${file.replace(/\.ts$/, '.js')}`).filter((file) => !files.includes(file)),
  ]
  const folders = (manifest.files ?? []).filter((name) => /^[^!.]+$/.test(name) && name !== 'dist')
  const needless = files.filter((file) =>
    file.startsWith('dist/')
      ? !built.includes(sourceOf(file.slice('dist/'.length)))
      : !folders.some((name) => file.startsWith(`${name}/`)) &&
        !['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json'].includes(file),
  )
  const text = contents.readFile(`/node_modules/${manifest.name}/package.json`)
  return [
    ...lacking.map((file) => `${file} is missing`),
    ...needless.map((file) => `${file} does not belong there`),
    ...['workspace:', 'catalog:'].flatMap((word) => (text.includes(word) ? [`${word} is left in it`] : [])),
  ]
}

/** Returns the links of the README that are broken on npm, where only the tarball exists. */
export function readmeProblems({ files, contents, manifest }: Packed): string[] {
  const markdown = contents.readFile(`/node_modules/${manifest.name}/README.md`)
  const fragments = headingFragments(markdown)
  return links(markdown)
    .filter(({ url }) => !/^https?:/.test(url))
    .filter(({ url }) =>
      url.startsWith('#') ? !fragments.has(url.slice(1)) : !files.includes(url.replace(/^\.\//, '')),
    )
    .map(({ line, url }) => `line ${line}: ${url}`)
}

/** Resolves to publint's errors and warnings about the tarball. */
export async function publintProblems({ bytes }: Packed): Promise<string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true, level: 'warning' })
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code)
}

/** Resolves to the entries whose types are missing or wrong, for users that import ESM or use a bundler. */
export async function typesProblems({ contents }: Packed): Promise<string[]> {
  const result = await checkPackage(contents)
  if (result.types === false) return ['there are no types']
  return result.problems
    .filter((one) =>
      (['node16-esm', 'bundler'] as const).some((kind) => problemAffectsResolutionKind(one, kind, result)),
    )
    .map((one) => `${problemKindInfo[one.kind].title}: ${JSON.stringify(one)}`)
}
