import type { Script } from '../client/run-script.js'
import { defineScript } from '../sessions/define-script.js'

// A later revocation never shortens an earlier one. Extending a revocation needs no room, so a full server accepts it.
// It rejects a new one whole.
const keepLonger = `
local left = call('PTTL', key)
local until_ms = format('%.0f', now + math.max(1, tonumber(for_at_least), left))
`

export const revokeSessionScript: Script = defineScript(
  ['for_at_least'],
  `${keepLonger}
if left == -2 then call('SET', key, '1', 'PXAT', until_ms) else call('PEXPIREAT', key, until_ms) end
return 1
`,
)

export const revokeUserScript: Script = defineScript(
  ['for_at_least', 'not_after'],
  `${keepLonger}
local latest = math.max(tonumber(not_after), tonumber(call('GET', key) or '0'))
if left ~= -2 then call('PEXPIREAT', key, until_ms) end
call('SET', key, format('%.0f', latest), 'PXAT', until_ms)
return 1
`,
)
