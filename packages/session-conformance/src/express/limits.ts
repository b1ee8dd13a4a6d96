/**
 * What no store can do behind the protocol of express-session, by rule of the contract. A bridged store fails cases of
 * these rules however well it is made; they count as failures all the same, so it never earns `server/core`.
 */
export const expressProtocolLimits: readonly { readonly rule: string; readonly reason: string }[] = [
  { rule: 'C2', reason: 'set() takes the place of what is there: there is no insert-if-absent.' },
  { rule: 'C5', reason: 'The host computes by its own clock when a session ends; the store is given a date.' },
  { rule: 'U1', reason: 'set() writes the end together with the data: a save puts back the end that it had read.' },
  {
    rule: 'U4',
    reason: 'set() makes a session that is not there: a save that was under way brings back what destroy() ended.',
  },
  { rule: 'T2', reason: 'set() writes the end together with the data: a save beside a touch() puts the old end back.' },
  { rule: 'T4', reason: 'touch() does not say whether there was a session: get() has to be asked first.' },
]
