import type { StoreName } from './stores.js'
import { storeNames } from './stores.js'

const networked: readonly StoreName[] = ['connect-redis', 'connect-pg-simple']

// Stores whose `set` writes whatever is there.
const upserting: readonly StoreName[] = storeNames.filter((name) => name !== 'session-express')

/** The meaning of the kit's failures for users of the store. */
export interface Finding {
  /** The rule of the contract that is not kept. */
  readonly rule: string
  readonly title: string
  /** Whose it is: the protocol's where no store could do better, else the store's. */
  readonly side: 'protocol' | 'store'
  readonly stores: readonly StoreName[]
  /** The cases that fail of it, in each store that they concern. */
  readonly cases: readonly string[]
  readonly text: string
}

export const findings: readonly Finding[] = [
  {
    rule: 'C2',
    title: 'A new session may take the place of another',
    side: 'store',
    stores: upserting,
    cases: ['C2-collision'],
    text: `\`set\` writes whatever is there. Were an id drawn twice, the second visitor would take over the first one's
session. With the 192 random bits of express-session's ids this does not happen; with a weak \`genid\` it can.
session-express calls back with an error instead.`,
  },
  {
    rule: 'U4',
    title: 'A session that was ended comes back',
    side: 'store',
    stores: upserting,
    cases: ['U4-delete-duel', 'U4-delete-step'],
    text: `A request that has changed its session, and is still at work when the session is destroyed, saves it afterwards, and
\`set\` creates it again: a visitor who signed out is signed in again. The protocol does not tell such a save from a new
session. session-express marks what \`get\` returns, and updates what was loaded.`,
  },
  {
    rule: 'U1',
    title: 'A save puts an older end back',
    side: 'store',
    stores: ['MemoryStore', 'memorystore', 'connect-redis', 'connect-pg-simple'],
    cases: ['T2-update-duel', 'U1-touch-step'],
    text: `\`set\` writes the end together with the data, so a save beside a \`touch\` puts back the end that it had read.
Behind express-session it hardly shows: its save at the end of a request restarts the idle timeout.`,
  },
  {
    rule: 'C5',
    title: "The app server's clock decides",
    side: 'protocol',
    stores: networked,
    cases: ['C5-one-clock'],
    text: `A store is given a date by the clock of the app server. connect-redis makes a number of seconds of it at once, and
Redis counts from there; connect-pg-simple compares it with the clock of whichever app server reads, so that servers
whose clocks differ disagree on what has ended.`,
  },
  {
    rule: 'C5',
    title: 'The end and the creation are of two clocks',
    side: 'protocol',
    stores: ['session-express'],
    cases: ['C5-times', 'C5-one-clock', 'C7-huge-ttl', 'R7-options', 'E6-twice-update', 'R6-model'],
    text: `session-express gives the store a lifetime, and \`get\` tells the end by the clock of the store, which is the same
for all app servers. The protocol has no time of creation, so the bridge keeps one by the clock of its process. The two differ by
the duration of the call and by what the clocks differ.`,
  },
  {
    rule: 'T4',
    title: 'A touch that must know takes two round trips',
    side: 'protocol',
    stores: [...networked, 'session-express'],
    cases: ['T4-one-round-trip'],
    text: `\`touch\` does not say whether there was a session, so the bridge asks with \`get\` first. express-session has
loaded the session anyway.`,
  },
  {
    rule: 'E5',
    title: 'Calls hang while the server is silent',
    side: 'store',
    stores: networked,
    cases: ['E2-zombie-stalls', 'E4-not-gone-stalls', 'H1-down', 'H2-heals'],
    text: `When the server stops answering and the connection stays open, a call does not end, and nor does the request that
waits for it. The stores set no deadline, and their drivers have none by default for a command that was sent. pg has
\`query_timeout\` for it; node-redis has \`socketTimeout\`, which needs a \`reconnectStrategy\` beside it to connect again.`,
  },
  {
    rule: 'T2',
    title: 'A touch undoes a save',
    side: 'store',
    stores: ['session-file-store'],
    cases: ['T2-update-duel', 'T3-delete-duel'],
    text: `\`touch\` reads the file and writes it back. A save in between is lost: of two requests of one visitor at once, one
that only renews the session can wipe out what the other has stored in it. So, too, a session comes back that is
destroyed in between.`,
  },
  {
    rule: 'R3',
    title: 'Sessions end up to a second late',
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
    text: `The end is rounded up to a whole second: a session lives up to a second longer than it was given, and a request in
that second still finds and renews it. Nobody is logged out early, and no read extends a life.`,
  },
  {
    rule: 'T1',
    title: 'The end that touch set cannot be read',
    side: 'store',
    stores: networked,
    cases: ['T1-sets', 'R6-other-instance', 'R6-model', 'E6-twice-touch'],
    text: `\`touch\` moves the end of the key or row and leaves the session in it as it was, so \`get\` still tells the old
\`cookie.expires\`. The protocol asks for no more, and the session does live on: only who shows or computes with that date
is misled. The other stores tell it.`,
  },
  {
    rule: 'I1',
    title: "The visitor's id is in the backend",
    side: 'store',
    stores: upserting,
    cases: ['I1-no-ids-kept'],
    text: `The id of the cookie is the key, the file name or the row; they keep no hash instead, and the protocol does not
ask for it. express-session signs its cookie, so an id that is read there authenticates nobody without the secret.`,
  },
]

/** The cases that are known to fail for a store. */
export function knownFailures(name: StoreName): ReadonlySet<string> {
  return new Set(findings.filter(({ stores }) => stores.includes(name)).flatMap(({ cases }) => cases))
}
