import type { Script } from '../client/run-script.js'
import { defineScript } from '../sessions/define-script.js'
import { entryMinuteLimit } from '../sessions/record.js'

/**
 * Adds or extends an entry. Returns the time until which it is kept at least, whose last digits are the minute in which
 * it was written. A full server rejects the entry of a new session, and accepts that of an existing session.
 */
export const addToIndexScript: Script = defineScript(
  ['hash', 'keep_for', 'from', 'margin', 'is_new'],
  `
local from_now = math.max(now, tonumber(from))
local indexed_until = from_now + keep_for
local function drop_expired() call('ZREMRANGEBYSCORE', key, '-inf', now - margin) end
if is_new == '0' then drop_expired() end
call('ZADD', key, 'GT', indexed_until, hash)
if is_new == '1' then drop_expired() end
local last = call('ZRANGE', key, -1, -1, 'WITHSCORES')
call('PEXPIREAT', key, last[2] + margin)
local rounded = (math.floor(indexed_until / ${entryMinuteLimit}) - 1) * ${entryMinuteLimit}
return digits(rounded + math.floor(from_now / 60000) % ${entryMinuteLimit})
`,
)

/** Removes entries. Accepts any number of session hashes for its one key. */
export const removeFromIndexScript: Script = defineScript(
  [],
  `
call('ZREM', key, unpack(ARGV, 2))
return 1
`,
)
