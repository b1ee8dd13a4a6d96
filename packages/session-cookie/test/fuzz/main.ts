import { parseArgs } from 'node:util'
import { cookieSessions } from '@bext/session-cookie'
import { fuzz, seeds } from './fuzz.js'
import { fuzzGuided } from './guided.js'

const print = (line: string): boolean => process.stdout.write(`${line}\n`)
const printError = (line: string): boolean => process.stderr.write(`${line}\n`)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '10000000' },
    guided: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
})
const [count, seed] = [Number(values.count), Number(values.seed)]
if (positionals[0] !== 'cookie' || !Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  printError('Usage: pnpm fuzz cookie [--guided] [--count 10000000] [--seed N]')
  process.exit(2)
}

if (values.guided) process.exit(await fuzzGuided(count, seed))

const secret = (id: string) => ({ id, secret: crypto.getRandomValues(new Uint8Array(32)) })
const store = cookieSessions({ secrets: [secret('k1'), secret('k2')] })
const startedMs = performance.now()
const { rejected, unexpected } = await fuzz(store, await seeds(store), count, seed)
print(`${count} mutated tokens, seed ${seed}, ${Math.round((performance.now() - startedMs) / 1000)} s`)
for (const [reason, times] of rejected) print(`${times} rejected: Invalid, ${reason}`)
for (const line of unexpected) printError(line)
print(
  unexpected.length === 0
    ? 'Every token was rejected with Invalid.'
    : 'Some tokens were not rejected with Invalid: see above.',
)
process.exitCode = unexpected.length === 0 ? 0 : 1
