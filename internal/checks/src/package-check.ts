import { join } from 'node:path'
import { checkPackage } from '@arethetypeswrong/core'
import { problemAffectsResolutionKind, problemKindInfo } from '@arethetypeswrong/core/problems'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { filesBelow, sourceOf } from './build.js'
import { headingFragments, links } from './markdown.js'
import type { Packed } from './pack.js'
import { type Manifest, type Package, root } from './workspace.js'

/** What is wrong with the fields that every published package carries. */
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

/** Where `exports`, for the workspace, and `publishConfig.exports`, for the world, are not the same entries. */
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

/** What the tarball lacks or should not carry. */
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

/** The links of the README that are dead where only the tarball is there, as on npm. */
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

/** What publint finds in the tarball, its warnings included. */
export async function publintProblems({ bytes }: Packed): Promise<string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true, level: 'warning' })
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code)
}

/** Where the tarball's types are not found or do not fit, for those who import it as ESM or bundle it. */
export async function typesProblems({ contents }: Packed): Promise<string[]> {
  const result = await checkPackage(contents)
  if (result.types === false) return ['there are no types']
  return result.problems
    .filter((one) =>
      (['node16-esm', 'bundler'] as const).some((kind) => problemAffectsResolutionKind(one, kind, result)),
    )
    .map((one) => `${problemKindInfo[one.kind].title}: ${JSON.stringify(one)}`)
}
