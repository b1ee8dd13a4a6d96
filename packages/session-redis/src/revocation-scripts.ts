import { define, type Script } from './scripts.js'

// A revocation is never cut short by a later one that would be forgotten sooner.
const keepLonger = `
local for_ms = format('%.0f', math.max(1, tonumber(for_at_least), call('PTTL', key)))
`

export const revokeSessionScript: Script = define(
  ['for_at_least'],
  `${keepLonger}
call('SET', key, '1', 'PX', for_ms)
return 1
`,
)

export const revokeUserScript: Script = define(
  ['for_at_least', 'not_after'],
  `${keepLonger}
local latest = math.max(tonumber(not_after), tonumber(call('GET', key) or '0'))
call('SET', key, format('%.0f', latest), 'PX', for_ms)
return 1
`,
)
