/** The meaning of the kit's failures for users of a library. */
export interface Finding {
  /** The rule of the contract. */
  readonly rule: string
  readonly title: string
  /** `interface` if the interface of the library, or the bridge, causes the failure. `library` otherwise. */
  readonly side: 'interface' | 'library'
  readonly stores: readonly string[]
  /** Cases that fail because of it in at least one of the libraries. */
  readonly cases: readonly string[]
  /** True if only a race shows it, so that a run may pass its cases. */
  readonly isRace?: boolean
  readonly text: string
}

const atExpiry = [
  'C7-tiny-ttl',
  'R3-expires',
  'R3-expires-user',
  'R3-stays-gone',
  'R5-no-life',
  'U1-expiry',
  'U3-expired',
  'U4-expiry-race',
  'T1-extends',
  'T1-shortens',
  'T1-again',
  'T3-expired',
]

const afterDelete = ['U4-delete-duel', 'U4-delete-step', 'T3-delete-duel', 'T3-delete-step']

export const findings: readonly Finding[] = [
  {
    rule: 'T2',
    title: 'A renewal is a save of what was loaded',
    side: 'interface',
    stores: [
      'Django db',
      'Django cached_db',
      'Django file',
      'Beaker',
      'Flask-Session',
      'CGI::Session',
      'Plack::Middleware::Session',
      'redis-rack',
      'redistore',
      'connect-memcached',
      'better-auth',
      'koa-session with koa-redis',
      'level-session-store',
    ],
    cases: ['T2-update-duel', 'T2-update-step', 'U1-touch-step', 'T4-one-round-trip', 'R6-shared-flight'],
    text: `These libraries have no touch, or it is a save. A request that renews a session saves it whole, so it undoes what
another request has saved since. Django saves only a session that the request has changed, unless
\`SESSION_SAVE_EVERY_REQUEST\` is set.`,
  },
  {
    rule: 'T1',
    title: 'A touch has no reply, and its expiry cannot be read',
    side: 'interface',
    stores: [
      'php-redis',
      'express-mysql-session',
      'connect-session-knex',
      'connect-sqlite3',
      'next-session',
      'better-sqlite3-session-store',
    ],
    cases: [
      'T1-sets',
      'T1-long',
      'T3-mixed',
      'R6-other-instance',
      'R6-model',
      'E6-twice-touch',
      'T2-update-duel',
      'U1-touch-step',
      'T4-one-round-trip',
      // The touch comes too late for a session that ends meanwhile, and nothing tells so.
      'T1-extends',
    ],
    text: `The touch renews the key or row, and nothing in the session. So the bridge loads the session first, reads the old
expiry afterwards, and restores it with a save. The session does expire at the new time.`,
  },
  {
    rule: 'C5',
    title: "The app server's clock decides",
    side: 'interface',
    stores: [
      'express-mysql-session',
      'connect-session-knex',
      'connect-memcached',
      'better-auth',
      'koa-session with koa-redis',
      'next-session',
    ],
    cases: ['C5-one-clock', 'C5-one-clock-reads'],
    text: `The protocol of express-session passes a date, as does next-session. better-auth and koa-session compute and compare
the expiry by the app server's clock. The kit cannot change the clock of the other processes, so it does not
ask this of the other libraries.`,
  },
  {
    rule: 'E5',
    title: 'No call has a deadline',
    side: 'interface',
    stores: [
      'Django db',
      'Django cached_db',
      'Beaker',
      'Flask-Session',
      'php-redis',
      'Plack::Middleware::Session',
      'redis-rack',
      'redistore',
      'express-mysql-session',
      'connect-session-knex',
      'connect-memcached',
      'better-auth',
      'koa-session with koa-redis',
      'next-session',
    ],
    cases: [
      'E2-zombie-stalls',
      'E2-retries',
      'E4-not-gone-stalls',
      'E4-from-memory',
      'E5-from-the-start',
      'E5-one-deadline',
      'H1-down',
      'H2-heals',
    ],
    text: `While the server stays connected and does not reply, a call waits for as long as its driver waits by default. The
bridges add no deadline.`,
  },
  {
    rule: 'R3',
    title: 'Expiry counts whole seconds',
    side: 'interface',
    stores: [
      'Django db',
      'Django cached_db',
      'Django file',
      'Django signed_cookies',
      'Beaker',
      'Flask-Session',
      'aiohttp-session',
      'php-redis',
      'CGI::Session',
      'redis-rack',
      'redistore',
      'express-mysql-session',
      'connect-memcached',
      'next-session',
    ],
    cases: [...atExpiry, 'R4-expired-altered', 'D4-honest'],
    text: `The bridges round a ttl up to a whole second. So a session exists up to a second longer than requested, and can be
renewed in that second.`,
  },
  {
    rule: 'R4',
    title: 'One answer for altered and for unknown cookies',
    side: 'interface',
    stores: ['Django signed_cookies', 'aiohttp-session', 'koa-session'],
    cases: [
      'R4-near-miss',
      'R4-altered',
      'R4-reshaped',
      'R4-spliced',
      'R4-forged-write',
      'R4-expired-altered',
      'U3-unknown',
      'I2-namespaces',
    ],
    text: `A cookie with another signature is an empty session, as is an expired one. The contract has \`Invalid\` for the first
and \`NotFound\` for the second. No altered content was accepted.`,
  },
  {
    rule: 'U4',
    title: 'An ended session is created again',
    side: 'library',
    stores: [
      'Django cached_db',
      'Django file',
      'Beaker',
      'Flask-Session',
      'php-redis',
      'CGI::Session',
      'Plack::Middleware::Session',
      'redis-rack',
      'redistore',
      'express-mysql-session',
      'connect-session-knex',
      'connect-memcached',
      'better-auth',
      'koa-session with koa-redis',
      'connect-sqlite3',
      'next-session',
      'better-sqlite3-session-store',
      'level-session-store',
    ],
    cases: afterDelete,
    text: `A request loads a session, another request deletes it, and the save of the first one creates it again. A
visitor who has signed out is signed in again. Django's \`db\` does not do that: its save is an \`UPDATE\` that must
find a row. \`cached_db\` saves the row in the same way and then writes the cache, so a deletion between the two
leaves the session in the cache. \`file\` looks for the file and then replaces it. In a run by hand,
svelte-kit-sessions created the session again, too. Its store is in memory, so the calls of the kit do not overlap.`,
  },
  {
    rule: 'E5',
    title: 'A call waits for the transaction of another client',
    side: 'library',
    stores: ['Django db'],
    cases: afterDelete,
    text: `A save is a transaction of several round trips. If its connection stalls between them, other calls on the same session
wait for its row lock. Other sessions are served.`,
  },
  {
    rule: 'R3',
    title: "The server does not enforce a session's expiry",
    side: 'library',
    stores: ['Django file', 'Django signed_cookies', 'Plack::Middleware::Session', 'level-session-store'],
    cases: atExpiry,
    text: `After \`set_expiry(1)\`, Django's backends \`file\` and \`signed_cookies\` still read the session three
seconds later. \`file\` compares the number of seconds with 0 and not with the age of the file. \`signed_cookies\`
uses \`SESSION_COOKIE_AGE\`; its source names ticket 19201. Without \`set_expiry\`, both use \`SESSION_COOKIE_AGE\`.
Plack's store DBI has no expiry, and its rows stay. level-session-store returns a session after its
\`cookie.expires\`, and removes none. With all four, the cookie does expire in the browser.`,
  },
  {
    rule: 'R3',
    title: 'A session can end a second early',
    side: 'library',
    stores: ['CGI::Session', 'better-auth', 'better-sqlite3-session-store'],
    cases: ['R3-expires', 'R3-expires-user', 'R5-no-life', 'U1-expiry', 'T1-extends', 'T1-shortens', 'T1-again'],
    text: `CGI::Session cuts the time of the last access to a whole second. A session with \`expire(1)\` that was created near the
end of a second ended after 0.08 seconds. better-sqlite3-session-store compares times without their milliseconds.
better-auth cuts the time that is left to whole seconds. If less than a second is left, it stores nothing, and the call
resolves.`,
  },
  {
    rule: 'R3',
    title: 'A session can end a second late',
    side: 'library',
    stores: ['aiohttp-session'],
    cases: [...atExpiry, 'R4-expired-altered', 'D4-honest'],
    text: `aiohttp-session cuts the time of the cookie and the time of the read to whole seconds, and a cookie whose
age equals \`max_age\` is still valid. Sessions with \`max_age=1\` ended after 1.6 to 1.9 seconds.`,
  },
  {
    rule: 'R5',
    title: 'A read writes the session back',
    side: 'library',
    stores: ['Beaker', 'Flask-Session', 'CGI::Session', 'Plack::Middleware::Session', 'redis-rack'],
    cases: ['R5-writes-nothing', 'R5-no-life', 'T2-update-duel', 'U4-delete-duel', 'R6-shared-flight'],
    text: `A request that only reads saves at its end what it has loaded. In a run by hand, such a request undid the save of a
request that was faster, and restored a session that another request had deleted. Beaker and CGI::Session store the time
of the last access in this way, Rack and Flask-Session renew the expiry. With Beaker, \`save_accessed_time: False\` avoids
it, and excludes \`timeout\`.`,
  },
  {
    rule: 'R5',
    title: 'An unknown id gets a stored session',
    side: 'library',
    stores: ['redis-rack'],
    cases: ['R5-writes-nothing', 'H1-writes-nothing', 'D2-no-trace', 'E2-cut-off', 'E6-twice-delete'],
    text: `A request that looks at its session stores an empty one under a new id if there was none. So does a request that
destroys its session. The old session is gone.`,
  },
  {
    rule: 'R5',
    title: 'Each request without a session stores one',
    side: 'library',
    stores: ['Flask-Session', 'Plack::Middleware::Session'],
    cases: ['R5-writes-nothing'],
    text: `A request whose cookie is missing or unknown stores an empty session, also if the handler does not look at
it. So each request of a client without cookies adds a key or a row. With Flask-Session, \`SESSION_PERMANENT: False\`
avoids it.`,
  },
  {
    rule: 'D2',
    title: 'A deleted session leaves a record',
    side: 'library',
    stores: [],
    cases: [],
    text: `Beaker's \`delete()\` saves a session that contains only the settings of its cookie. The key stays in Redis until its
timeout. The next request with the old cookie logs a warning about a corrupt session, and gets a new one.`,
  },
  {
    rule: 'E4',
    title: 'A failed read is a new session',
    side: 'library',
    stores: ['Beaker'],
    cases: ['E2-reset', 'E6-twice-update', 'E6-twice-touch', 'E6-twice-delete'],
    text: `Beaker's middleware sets \`invalidate_corrupt\` by default, which covers every exception, also a lost
connection. If one reply of Redis is lost, the visitor gets a new, empty session, and the old one stays in Redis.
Plack's store DBI does the same unless the connection has \`RaiseError\`, which the bridge sets.`,
  },
  {
    rule: 'E4',
    title: 'Nobody can handle the error',
    side: 'library',
    stores: [],
    cases: [],
    text: `If PostgreSQL is down, connect-session-knex passes the error to the callback and also rejects the promise that \`get\`,
\`set\` and \`destroy\` return. express-session ignores this promise, so Node reports an unhandled rejection, which ends the
process by default. The same happens when the store is created. The bridge handles these rejections.
connect-sqlite3 throws in a callback if it cannot create its table. If it cannot read, it calls the callback twice: with
the error, and then without.`,
  },
  {
    rule: 'C7',
    title: 'Long sessions are gone at once, short ones do not expire',
    side: 'library',
    stores: ['connect-memcached'],
    cases: ['C7-huge-ttl', 'T1-long', ...atExpiry],
    text: `\`maxAge\` is cut to whole seconds and passed to memcached. memcached takes more than thirty days for a date: a session
with 31 days was stored, and the next \`get\` did not find it. It takes 0 for "no expiry": a session with half a second
was still there after three.`,
  },
  {
    rule: 'E5',
    title: 'A call outlasts a cut connection',
    side: 'library',
    stores: ['connect-memcached', 'better-auth', 'koa-session with koa-redis'],
    cases: [
      'E6-twice-create',
      'E6-twice-update',
      'E6-twice-touch',
      'E6-twice-delete',
      'E2-zombie-refuses',
      'E4-not-gone-refuses',
      'E2-reset',
      'E2-cut-off',
    ],
    text: `With the defaults of its driver memcached, which tries again several times, a call of connect-memcached had
not ended 13 seconds after its connection was cut. If Redis refuses connections, a call of better-auth or koa-redis
ends after ten seconds, because ioredis tries twenty times by default.`,
  },
  {
    rule: 'E4',
    title: 'A failed save is answered as done',
    side: 'library',
    stores: ['next-session'],
    cases: ['E4-not-gone-refuses', 'E5-from-the-start', 'E2-cut-off', 'E6-twice-create', 'E6-twice-update'],
    text: `At the end of a request, next-session saves the session and then sends the response, even if the save has failed.
Nobody handles the rejection, so Node ends the process by default. With \`autoCommit: false\`, the app calls
\`commit()\`, which rejects.`,
  },
  {
    rule: 'U1',
    title: 'A save restarts the lifetime',
    side: 'library',
    stores: ['svelte-kit-sessions'],
    cases: ['U1-expiry', 'U4-expiry-race'],
    text: `\`save()\` stores the session for its whole \`maxAge\` again, so each change extends the session. koa-session does the
same, unless the app sets \`session.maxAge\`, as the bridge does.`,
  },
  {
    rule: 'C7',
    title: 'A session of a month wakes the process each millisecond',
    side: 'library',
    stores: [],
    cases: [],
    text: `The store in memory of svelte-kit-sessions sets a timer for the next expiry. If that is more than 24.8 days ahead, Node
fires the timer after a millisecond, with a warning, and the store sets it again. The sessions are kept.`,
  },
  {
    rule: 'R2',
    title: 'A field with the name expires returns as a date',
    side: 'library',
    stores: [],
    cases: [],
    text: `The store in memory of next-session makes a \`Date\` of each field \`expires\`, at any depth of the data. The number 20
came back as 20 milliseconds after the start of 1970, and the text "never" as an invalid date.`,
  },
  {
    rule: 'O1',
    title: 'A list of sessions can miss one',
    side: 'library',
    stores: [],
    cases: [],
    text: `With secondary storage, better-auth keeps the list of a user's sessions under one key. Each sign-in reads the list and
writes it back. After three sign-ins at once, two of the sessions were not on the list, and \`revokeOtherSessions\` did
not end them. \`revokeSessions\` did: it stores the time of the revocation.`,
  },
  {
    rule: 'C1',
    title: 'An open database stores no session',
    side: 'library',
    stores: [],
    cases: [],
    text: `The README of level-session-store passes a path or an open database. With an open database, each \`set\` fails with
\`NotFoundError\`, because it reads a counter that nobody has written. With a path, the store needs level 7 or older.`,
  },
  {
    rule: 'O3',
    title: 'The process does not end',
    side: 'library',
    stores: [],
    cases: [],
    text: `better-sqlite3-session-store starts an interval that nothing can stop. Its option \`expired.clear: false\` has no effect.
So a script that has closed the database does not end.`,
  },
  {
    rule: 'E4',
    title: 'A write fails while another process writes',
    side: 'library',
    stores: ['connect-sqlite3'],
    cases: ['U5-whole', 'U4-delete-duel', 'T2-update-duel', 'T3-delete-duel', 'R6-model'],
    isRace: true,
    text: `If another connection writes to the file for more than a second, the driver sqlite3 stops waiting, and the call fails
with \`SQLITE_BUSY\`. That happened here on a busy disk: often without \`concurrentDb\`, seldom with it.`,
  },
  {
    rule: 'L1',
    title: 'Too large is a failure of the backend',
    side: 'library',
    stores: ['redistore', 'connect-memcached'],
    cases: ['R2-large', 'L1-4096-bytes', 'L1-65536-bytes', 'L1-200000-bytes', 'L1-1048577-bytes', 'L1-4194304-bytes'],
    text: `A session that is too large is rejected with a plain error, which a program cannot tell from a failure of the server. By
default, the limit of redistore is 4096 bytes (\`SetMaxLength\`), and that of connect-memcached's driver is 1 MiB.`,
  },
  {
    rule: 'D1',
    title: 'The second of two deletions fails',
    side: 'library',
    stores: ['CGI::Session'],
    cases: ['D1-at-once'],
    isRace: true,
    text: `If two requests delete a session at once, the second one fails, because the file no longer exists.`,
  },
  {
    rule: 'C2',
    title: 'A new session can overwrite another',
    side: 'library',
    stores: [
      'express-mysql-session',
      'connect-session-knex',
      'connect-memcached',
      'hono-sessions',
      'better-auth',
      'koa-session with koa-redis',
      'connect-sqlite3',
      'svelte-kit-sessions',
      'better-sqlite3-session-store',
      'level-session-store',
    ],
    cases: ['C2-collision'],
    text: `The stores write without a condition. With ids of enough random bits this does not happen. The kit cannot ask it of the
libraries in other processes.`,
  },
  {
    rule: 'C3',
    title: 'An id has fewer than 128 random bits',
    side: 'library',
    stores: ['Beaker', 'Flask-Session', 'hono-sessions', 'next-session'],
    cases: ['C3-random'],
    text: `The ids of Beaker, Flask-Session and hono-sessions are UUIDs of version 4, with 122 random bits. So are those of
koa-session with a store, but Node draws the bits of many UUIDs at once, so the kit cannot count them. An id of
next-session has 126 bits. The contract asks for 128.`,
  },
  {
    rule: 'C3',
    title: 'An id is not from a cryptographic source',
    side: 'library',
    stores: [],
    cases: [],
    text: `By default, Plack::Middleware::Session makes an id of Perl's \`rand\`, the process id, an address and the time. The kit
cannot tell, because the id is a hash of these. An app can set \`sid_generator\`.`,
  },
  {
    rule: 'C3',
    title: 'An unknown id becomes that of the new session',
    side: 'library',
    stores: [],
    cases: [],
    text: `If the cookie has an id that the backend does not know, Flask-Session stores the new session under it, and so does PHP
unless \`session.use_strict_mode\` is set. Then somebody else can know the id, so an app must change it at the sign-in.
PHP has \`session_regenerate_id()\`. This version of Flask-Session has no call for it.`,
  },
  {
    rule: 'R4',
    title: 'A cookie has several spellings',
    side: 'library',
    stores: ['aiohttp-session', 'Plack::Middleware::Session'],
    cases: ['R4-near-miss', 'E3-tells-nothing'],
    text: `aiohttp-session decodes base64 in a way that ignores other characters, and Plack decodes percent-encoding. So a cookie
with a dot added, or with a character percent-encoded, is the same session. The contract takes it for another id.`,
  },
  {
    rule: 'C3',
    title: 'Equal sessions are equal texts',
    side: 'library',
    stores: ['Django signed_cookies'],
    cases: ['C3-nonce', 'U2-new-id', 'T4-new-id'],
    text: `The cookie is signed and not encrypted, as its documentation says. Two saves of the same data in one second are the same
text, so an id is not always new.`,
  },
  {
    rule: 'L1',
    title: 'Too large for a cookie is not refused',
    side: 'library',
    stores: [],
    cases: [],
    text: `koa-session without a store sends a cookie of any size. Browsers ignore a cookie of more than 4096 bytes, so the change
is lost without an error.`,
  },
  {
    rule: 'I1',
    title: 'The cookie can be read',
    side: 'library',
    stores: ['koa-session'],
    cases: ['I1-sealed', 'C3-tells-nothing', 'C3-nonce'],
    text: `The session is JSON in base64, signed and not encrypted, as its documentation says. It contains the expiry in
milliseconds, so equal sessions differ unless they are saved in the same millisecond.`,
  },
  {
    rule: 'I1',
    title: 'The session id is in the backend',
    side: 'library',
    stores: [
      'Django db',
      'Django cached_db',
      'Django file',
      'Flask-Session',
      'php-redis',
      'CGI::Session',
      'Plack::Middleware::Session',
      'redistore',
      'express-mysql-session',
      'connect-session-knex',
      'hono-sessions',
      'better-auth',
      'connect-sqlite3',
      'next-session',
      'better-sqlite3-session-store',
      'level-session-store',
    ],
    cases: ['I1-no-ids-kept'],
    text: `The id of the cookie is the key, the name of the file or the primary key of the row, also with Beaker and
connect-memcached. redis-rack stores a hash of it. express-session, gorilla/sessions and better-auth sign their
cookies. hono-sessions encrypts its cookie if it has a key. next-session does neither, unless the app passes
\`encode\`. If the cookie is signed or encrypted, an id that somebody reads in the backend does not authenticate them.`,
  },
]
