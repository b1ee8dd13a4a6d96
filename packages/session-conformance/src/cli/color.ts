import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'
import type { Paint, Tone } from '../report/format.js'
import { plain } from '../report/format.js'

type Style = Parameters<typeof styleText>[0]

const styles: Readonly<Record<Tone, Style>> = {
  pass: 'green',
  fail: ['bold', 'red'],
  warn: 'yellow',
  inconclusive: 'magenta',
  'harness-error': 'magenta',
  unsupported: 'dim',
  'not-applicable': 'dim',
  strong: 'bold',
  dim: 'dim',
}

/** Returns true if a stream shows colours. Checks `--no-color`, FORCE_COLOR, NO_COLOR, then the terminal. */
export function hasColors(
  stream: Partial<Pick<WriteStream, 'isTTY'>>,
  allowed: boolean,
  env: NodeJS.ProcessEnv,
): boolean {
  if (!allowed) return false
  const { FORCE_COLOR: force, NO_COLOR: no } = env
  if (force !== undefined) return force !== '0' && force !== 'false'
  if (no !== undefined && no !== '') return false
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** Returns a function that colours text, or one that returns it unchanged. */
export function createPaint(colored: boolean): Paint {
  if (!colored) return plain
  // hasColors has decided. styleText would check only the standard output.
  return (tone, text) => styleText(styles[tone], text, { validateStream: false })
}
