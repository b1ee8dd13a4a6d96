import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { SessionId } from '@bext/session-core'
import { asSessionId } from '@bext/session-core'
import { serverMutant } from './build.js'
import type { Mutant } from './mutant.js'
import { numbered } from './mutant.js'
import type { ServerMutation, ServerSteps } from './server-base.js'
import { notFound } from './server-base.js'

const anyText = (id: unknown): boolean => typeof id === 'string'

/** Steps that mint other ids. Any text is accepted as an id, so that only minting differs. */
function minting(mintId: () => string): ServerMutation {
  return () => ({ mintId, isId: anyText })
}

/** Steps that change an id before it is looked up. */
function bending(bend: (id: string) => string): ServerMutation {
  return (right) => ({
    isId: (id) => typeof id === 'string' && right.isId(bend(id)),
    keyOf: (id) => right.keyOf(bend(id)),
  })
}

let counter = 0
let slot = Date.now()
const timeHex = (): string => Date.now().toString(16).padStart(12, '0')

/** Stores that make, store or look up ids wrongly. */
export const idMutants: readonly Mutant[] = [
  serverMutant({
    name: 'ids start with the time',
    rule: 'C3',
    breaks: 'Sorted keys make better indexes, so ids are ULIDs with a counter for the same millisecond.',
    caughtBy: ['C3-random'],
    steps: minting(() => `${timeHex()}${String((counter += 1)).padStart(12, '0')}${randomBytes(20).toString('hex')}`),
  }),
  serverMutant({
    name: 'ids are 64 bits long',
    rule: 'C3',
    breaks: 'Eight bytes never collide in practice. Guessing was not considered.',
    caughtBy: ['C3-random'],
    steps: minting(() => randomBytes(8).toString('hex')),
  }),
  serverMutant({
    name: 'ids are UUIDs',
    rule: 'C3',
    breaks: 'A version 4 UUID has 122 random bits.',
    caughtBy: ['C3-random'],
    steps: minting(() => randomUUID()),
  }),
  serverMutant({
    name: 'ids are hashes of a counter',
    rule: 'C3',
    breaks: 'They look random, but whoever knows the counter knows all of them. They are short, too.',
    caughtBy: ['C3-random'],
    steps: minting(() =>
      createHash('sha256')
        .update(String((counter += 1)))
        .digest('hex')
        .slice(0, 24),
    ),
  }),
  serverMutant({
    name: 'ids come from Math.random()',
    rule: 'C3',
    breaks: 'Many id generators used it for years.',
    caughtBy: ['C2-collision'],
    steps: minting(() => Array.from({ length: 48 }, () => Math.floor(Math.random() * 16).toString(16)).join('')),
  }),
  serverMutant({
    name: 'ids are the time in milliseconds',
    rule: 'C1',
    breaks: "Two sign-ins in one millisecond never happened on the author's machine.",
    caughtBy: ['C1-unique'],
    steps: (_, { rows }) => ({
      mintId: () => `session-${Date.now()}`,
      isId: anyText,
      insert: (key, row) => rows.set(key, row).size > 0,
    }),
  }),
  serverMutant({
    name: 'ids are hashes of the stored record',
    rule: 'C1',
    breaks: 'Equal content gets an equal key, which makes create() safe to repeat.',
    caughtBy: ['C1-same-options', 'I3-one-user-many'],
    steps: (right, { rows }) => ({
      async create(options) {
        const { userId, dataJson, ttlMs } = right.checkOptions(options)
        const id = createHash('sha256')
          .update(userId ?? dataJson)
          .digest('hex')
          .slice(0, 48)
        const createdAtMs = Date.now()
        rows.set(right.keyOf(id), { userId, dataJson, createdAtMs, expiresAtMs: createdAtMs + ttlMs })
        return asSessionId(id)
      },
    }),
  }),
  serverMutant({
    name: 'create() overwrites',
    rule: 'C2',
    breaks: 'Random ids do not collide, so a plain SET suffices.',
    caughtBy: ['C2-collision'],
    steps: (_, { rows }) => ({ insert: (key, row) => rows.set(key, row).size > 0 }),
  }),
  serverMutant({
    name: 'ids contain the user',
    rule: 'C3',
    breaks: 'The list of a user is a scan over a prefix of the ids.',
    caughtBy: ['C3-tells-nothing'],
    steps: (right, { rows }) => {
      let user = ''
      return {
        checkUser(userId) {
          user = right.checkUser(userId) ?? ''
          return userId as string | undefined
        },
        mintId: () => Buffer.from(`${user}:${rows.size}:${randomBytes(24).toString('hex')}`).toString('base64url'),
        isId: anyText,
      }
    },
  }),
  serverMutant({
    name: 'ids are escaped for a cookie',
    rule: 'C4',
    breaks: 'Signed ids have a colon, and were percent-encoded as express-session writes them.',
    caughtBy: ['C4-cookie-octets'],
    steps: minting(() => encodeURIComponent(`s:${randomBytes(24).toString('base64url')}`)),
  }),
  serverMutant({
    name: 'ids are quoted',
    rule: 'C4',
    breaks: 'RFC 6265 allows quotes around a value.',
    caughtBy: ['C4-cookie-octets'],
    steps: minting(() => `"${randomBytes(24).toString('base64url')}"`),
  }),
  serverMutant({
    name: 'ids sometimes contain a comma or a semicolon',
    rule: 'C4',
    breaks: 'Base 85 is shorter than base 64, and most of its texts are valid in a cookie.',
    caughtBy: ['C4-cookie-octets'],
    steps: minting(() => `${randomBytes(24).toString('hex')}${randomBytes(1)[0]! % 4 === 0 ? ';' : '!'}`),
  }),
  serverMutant({
    name: 'ids are compared without case',
    rule: 'R4',
    breaks: 'The column has a case-insensitive collation.',
    caughtBy: ['R4-near-miss'],
    steps: bending((id) => id.toLowerCase()),
  }),
  serverMutant({
    name: 'ids are trimmed',
    rule: 'R4',
    breaks: 'Cookies have spaces around them now and then.',
    caughtBy: ['R4-near-miss'],
    steps: bending((id) => id.trim()),
  }),
  serverMutant({
    name: 'ids are truncated to the length of the column',
    rule: 'R4',
    breaks: 'The column is char(48), so a longer text is truncated before it is compared.',
    caughtBy: ['R4-near-miss'],
    steps: bending((id) => id.slice(0, 48)),
  }),
  serverMutant({
    name: 'only the first half of an id counts',
    rule: 'R4',
    breaks: 'Half of it was enough for a file name.',
    caughtBy: ['R4-near-miss'],
    steps: (right) => ({ keyOf: (id) => right.keyOf(id.slice(0, 32)) }),
  }),
  serverMutant({
    name: 'ids are truncated at a NUL',
    rule: 'R4',
    breaks: 'The text is passed to a C library.',
    caughtBy: ['R4-near-miss'],
    steps: bending((id) => id.split('\u0000')[0] ?? ''),
  }),
  serverMutant({
    name: 'ids are percent-decoded',
    rule: 'R4',
    breaks: 'Some cookie parsers decode and some do not, so the store does.',
    caughtBy: ['R4-near-miss'],
    steps: bending((id) =>
      id.replaceAll(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16))),
    ),
  }),
  serverMutant({
    name: 'ids are used as file names',
    rule: 'R4',
    breaks: 'path.basename() was added against path traversal.',
    caughtBy: ['R4-near-miss'],
    steps: bending((id) => id.split('/').findLast((part) => /\w/.test(part)) ?? ''),
  }),
  serverMutant({
    name: 'ids are used as patterns',
    rule: 'R4',
    breaks: 'The statement uses LIKE, in which % matches any text.',
    caughtBy: ['R4-near-miss'],
    steps: (right, { rows }) => ({
      isId: (id) => typeof id === 'string' && /^[0-9a-f%_]{1,48}$/.test(id),
      keyOf: (id) => id,
      find(id) {
        const pattern = new RegExp(`^${id.replaceAll('%', '.*').replaceAll('_', '.')}$`)
        const found = [...rows].find(([key]) => pattern.test(key))
        if (found === undefined || right.isOver(found[1])) throw notFound()
        return found
      },
    }),
  }),
  serverMutant({
    name: 'the prefix of an id is optional',
    rule: 'R4',
    breaks: 'Ids of the old version were stored with it.',
    caughtBy: ['R4-near-miss'],
    steps: bending((id) => id.replace(/^session:/, '')),
  }),
  serverMutant({
    name: 'an unknown id of a client is accepted as a new session (fixation)',
    rule: 'R4',
    breaks: 'PHP did so for twenty years: the cookie chooses the id, and a write creates the session.',
    caughtBy: numbered('R4-foreign', 2, 5, 9, 11, 13, 14, 15, 16, 19),
    steps: (right) => ({
      isId: anyText,
      async update(id: SessionId, dataJson: string) {
        const now = Date.now()
        right.insert(right.keyOf(id), {
          userId: undefined,
          dataJson: '{}',
          createdAtMs: now,
          expiresAtMs: now + 60_000,
        })
        return right.update(id, dataJson)
      },
    }),
  }),
  serverMutant({
    name: 'malformed ids are NotFound',
    rule: 'R4',
    breaks: 'They are looked up like other ids, and the harness does not declare that.',
    caughtBy: numbered('R4-foreign', 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 17, 18, 19, 20),
    steps: () => ({ isId: anyText }),
  }),
  serverMutant({
    name: 'malformed ids reject with an error of the database',
    rule: 'E1',
    breaks: "The column has type uuid or bytea, and the server's error is passed on.",
    caughtBy: [...numbered('R4-foreign', 1, 6, 11, 20), 'R4-near-miss', 'E1-bad-options'],
    steps: (right) => ({
      find(id) {
        if (!right.isId(id)) throw new Error('invalid input syntax for type bytea')
        return right.find(id)
      },
    }),
  }),
  serverMutant({
    name: 'long ids overflow the stack',
    rule: 'E1',
    breaks: 'A recursive function checks the id, one call for each character.',
    caughtBy: ['R4-foreign-20'],
    steps: (right) => {
      const isHex = (text: string): boolean => text === '' || (/^[0-9a-zA-Z]/.test(text) && isHex(text.slice(1)))
      return { isId: (id) => typeof id === 'string' && isHex(id) && right.isId(id) }
    },
  }),
  serverMutant({
    name: 'the id of a record is its key',
    rule: 'R1',
    breaks: 'The row is returned as it is stored.',
    caughtBy: ['R1-whole'],
    steps: (right) => ({ toRecord: (id, row) => right.toRecord(asSessionId(right.keyOf(id)), row) }),
  }),
  serverMutant({
    name: 'a record has no id',
    rule: 'R1',
    breaks: 'The caller has it already.',
    caughtBy: ['R1-whole'],
    steps: (right) => ({ toRecord: (id, row) => ({ ...right.toRecord(id, row), id: undefined }) as never }),
  }),
  serverMutant({
    name: 'ids are stored unhashed',
    rule: 'I1',
    breaks: 'The id is the key.',
    caughtBy: ['I1-no-ids-kept'],
    steps: () => ({ keyOf: (id) => `session:${id}` }),
  }),
  serverMutant({
    name: 'ids are stored unhashed, as bytes',
    rule: 'I1',
    breaks: 'A binary column needs half the space.',
    caughtBy: ['I1-no-ids-kept'],
    steps: () => ({ keyOf: (id) => Buffer.from(id, 'hex').toString('base64') }),
  }),
  serverMutant({
    name: 'ids are stored unhashed in the user index',
    rule: 'I1',
    breaks: 'Sessions are stored by hash, but the index was added later.',
    caughtBy: ['I1-no-ids-kept'],
    steps: (right, { users }) => ({
      async create(options) {
        const id = await right.create(options)
        if (options.userId !== undefined) users.set(`${options.userId}:last`, new Set([`${id}:${(slot += 1)}`]))
        return id
      },
    }),
  }),
  serverMutant({
    name: 'an id matches by a part of it',
    rule: 'R4',
    breaks: 'A look-up in a sorted index returns the next key, which is not compared.',
    caughtBy: ['R4-near-miss'],
    steps: (right: ServerSteps, { rows }) => ({
      isId: anyText,
      keyOf: (id) => id,
      find(id) {
        const found = [...rows].find(([key]) => typeof id === 'string' && key.startsWith(id.slice(0, 20)))
        if (found === undefined || right.isOver(found[1])) throw notFound()
        return found
      },
    }),
  }),
  serverMutant({
    name: 'ids are hashes of eight random bytes',
    rule: 'C3',
    breaks: 'The digest has 256 bits.',
    caughtBy: ['C3-drawn'],
    steps: minting(() => createHash('sha256').update(randomBytes(8)).digest('hex').slice(0, 48)),
  }),
  serverMutant({
    name: 'a query after an id is removed',
    rule: 'R4',
    breaks: 'The cookie held a URL in an older release.',
    caughtBy: ['R4-near-miss'],
    steps: bending((id) => id.split('?')[0] ?? ''),
  }),
  serverMutant({
    name: 'ids are normalised by NFKC',
    rule: 'R4',
    breaks: 'The framework normalises all input.',
    caughtBy: ['R4-near-miss'],
    steps: bending((id) => id.normalize('NFKC')),
  }),
  serverMutant({
    name: 'only the last part of a path is the id',
    rule: 'R4',
    breaks: 'The file store takes the base name, so that no path leaves its folder.',
    caughtBy: ['R4-near-miss'],
    steps: bending((id) => id.replace(/\/[^/]*$/, '')),
  }),
]
