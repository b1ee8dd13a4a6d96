import { readFileSync } from 'node:fs'

// Read and not imported: the file is at the same distance from the source and from the build.
const manifest = new URL('../../package.json', import.meta.url)

/** The version of this package. */
export const kitVersion: string = (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version

/** The version of the contract that the cases check. */
export const contractVersion = '1.0'
