import type { StoreName } from './stores.js'
import { storeNames } from './stores.js'

const networked: readonly StoreName[] = ['connect-redis', 'connect-pg-simple']

// Stores whose `set` writes without a condition.
const upserting: readonly StoreName[] = storeNames.filter((name) => name !== 'session-express')

/** The meaning of the kit's failures for users of the store. */
export interface Finding {
  /** The rule of the contract that the stores break. */
  readonly rule: string
  readonly title: string
  /** `protocol` if no store of the protocol can avoid the failure, `store` otherwise. */
  readonly side: 'protocol' | 'store'
  readonly stores: readonly StoreName[]
  /** Cases that fail because of it in at least one of the stores. */
  readonly cases: readonly string[]
  readonly text: string
}

export const findings: readonly Finding[] = [
  {
    rule: 'C2',
    title: 'A new session can overwrite another',
    side: 'store',
    stores: upserting,
    cases: ['C2-collision'],
    text: `\`set\` overwrites any session that has the id. If an id were generated twice, the second visitor would replace the
session of the first, and both would share the new one. With express-session's ids of 192 random bits this does not
happen. With a weak \`genid\` it can. session-express calls back with an error instead.`,
  },
  {
    rule: 'U4',
    title: 'An ended session is created again',
    side: 'store',
    stores: upserting,
    cases: ['U4-delete-duel', 'U4-delete-step'],
    text: `A request changes its session, and is still running when another request destroys the session. Then it saves the
session, and \`set\` creates it again: a visitor who signed out is signed in again. The protocol does not distinguish
such a save from the save of a new session. session-express marks what \`get\` returns, and only updates a session that
was loaded.`,
  },
  {
    rule: 'U1',
    title: 'A save restores an older expiry',
    side: 'store',
    stores: ['MemoryStore', 'memorystore', 'connect-redis', 'connect-pg-simple'],
    cases: ['T2-update-duel', 'U1-touch-step'],
    text: `\`set\` writes the expiry together with the data. If a \`touch\` runs between the load and the save, the save restores
the expiry from before the touch. With express-session this has little effect, because the save at the end of a request
restarts the idle timeout.`,
  },
  {
    rule: 'C5',
    title: "The app server's clock decides",
    side: 'protocol',
    stores: networked,
    cases: ['C5-one-clock', 'C5-one-clock-reads'],
    text: `The protocol passes a date by the clock of the app server. connect-redis converts it to a number of seconds, from which
Redis counts down. connect-pg-simple compares it with the clock of the app server that reads. If the clocks of app
servers differ, they disagree about which sessions have expired.`,
  },
  {
    rule: 'C5',
    title: 'The expiry and the creation time come from two clocks',
    side: 'protocol',
    stores: ['session-express'],
    cases: ['C5-times', 'C5-mixed', 'C5-one-clock', 'C7-huge-ttl', 'R7-options', 'E6-twice-update', 'R6-model'],
    text: `session-express passes a ttl to the store, and \`get\` returns the expiry by the clock of the store, which is the same
for all app servers. The protocol has no creation time, so the bridge records one by the clock of its process. The two
times differ by the duration of the call and by the difference of the clocks.`,
  },
  {
    rule: 'T4',
    title: 'A touch that reports a missing session takes two round trips',
    side: 'protocol',
    stores: [...networked, 'session-express'],
    cases: ['T4-one-round-trip'],
    text: `\`touch\` does not report whether the session exists, so the bridge calls \`get\` first. express-session has loaded the
session anyway.`,
  },
  {
    rule: 'E5',
    title: 'A save and a touch have two deadlines',
    side: 'protocol',
    stores: ['session-express'],
    cases: ['E5-one-deadline'],
    text: `The bridge calls \`get\` before \`set\` or \`touch\`, and each of them has the deadline of the store. With express-session
they are separate calls, at the start and at the end of a request.`,
  },
  {
    rule: 'E5',
    title: 'Calls hang while the server does not reply',
    side: 'store',
    stores: networked,
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
    text: `If the server stops replying and the connection stays open, a call never ends, and neither does the request that waits
for it. The stores set no deadline. Their drivers have none by default for a command that was sent. pg has the option
\`query_timeout\`. node-redis has \`socketTimeout\`, and connects again afterwards only with a \`reconnectStrategy\`.`,
  },
  {
    rule: 'T2',
    title: 'A touch undoes a save',
    side: 'store',
    stores: ['session-file-store'],
    cases: ['T2-update-duel', 'T3-delete-duel'],
    text: `\`touch\` reads the file and writes it back, so a save in between is lost. If a visitor sends two requests at once, the
one that only renews the session can delete what the other has stored. In the same way, a session that is destroyed in
between is created again.`,
  },
  {
    rule: 'R3',
    title: 'Sessions expire up to a second late',
    side: 'store',
    stores: networked,
    cases: [
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
    ],
    text: `The expiry is rounded up to a whole second. A session exists up to a second longer than requested, and a request in
that second still finds and renews it. No session expires early, and no read extends one.`,
  },
  {
    rule: 'T1',
    title: 'The expiry that a touch sets cannot be read',
    side: 'store',
    stores: networked,
    cases: ['T1-sets', 'T1-long', 'T3-mixed', 'R6-other-instance', 'R6-model', 'E6-twice-touch'],
    text: `\`touch\` changes the expiry of the key or row, but not the session in it. So \`get\` still returns the old
\`cookie.expires\`. The protocol does not require more, and the session does expire at the new time. Only code that shows
the date, or computes with it, is affected. The other stores return the new date.`,
  },
  {
    rule: 'I1',
    title: 'The session id is in the backend',
    side: 'store',
    stores: upserting,
    cases: ['I1-no-ids-kept'],
    text: `The id of the cookie is the key, the file name or the primary key of the row. These stores do not hash it, and the
protocol does not require it. express-session signs its cookie, so an id that somebody reads in the backend does not
authenticate them without the secret.`,
  },
]

/** Returns the cases that are known to fail for a store. */
export function knownFailures(name: StoreName): ReadonlySet<string> {
  return new Set(findings.filter(({ stores }) => stores.includes(name)).flatMap(({ cases }) => cases))
}
