import { define, type Script } from '../sessions/define-script.js'
import { stampLimit } from '../sessions/record.js'

/**
 * The time until which the entry is kept at least, whose last digits tell the minute in which it was written. A full
 * server refuses the entry of a session that does not exist yet, and takes that of one that does.
 */
export const addToIndexScript: Script = define(
  ['hash', 'lives_for', 'from', 'keep_for', 'is_new'],
  `
local from_now = math.max(now, tonumber(from))
local indexed_until = from_now + lives_for
local function drop_old() call('ZREMRANGEBYSCORE', key, '-inf', now - keep_for) end
if is_new == '0' then drop_old() end
call('ZADD', key, 'GT', indexed_until, hash)
if is_new == '1' then drop_old() end
local last = call('ZRANGE', key, -1, -1, 'WITHSCORES')
call('PEXPIREAT', key, last[2] + keep_for)
local rounded = (math.floor(indexed_until / ${stampLimit}) - 1) * ${stampLimit}
return digits(rounded + math.floor(from_now / 60000) % ${stampLimit})
`,
)

/** Takes any number of session hashes for its one key. */
export const removeFromIndexScript: Script = define(
  [],
  `
call('ZREM', key, unpack(ARGV, 2))
return 1
`,
)
