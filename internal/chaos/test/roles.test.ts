import { memorySessions } from '@bext/session-core/memory'
import { redisSessions } from '@bext/session-redis'
import type { ServiceUrls } from '@bext-internal/test-services'
import { expect, inject, test } from 'vitest'
import { randomFrom } from '../src/random.js'
import { runRoles } from '../src/roles/run-roles.js'

const redisUrl: ServiceUrls['redisUrl'] = inject('redisUrl')

test('O5 roles that an administrator changes while the user writes: no change is lost, no ended session returns', async () => {
  const redis = redisSessions({ url: redisUrl, prefix: `roles-${crypto.randomUUID()}:` })
  for (const store of [memorySessions(), redis]) {
    const { violations, done } = await runRoles(store, {
      seconds: 1,
      random: randomFrom(1),
      userId: crypto.randomUUID(),
    })
    expect(violations).toEqual([])
    expect(done['changes of the role']).toBeGreaterThan(0)
  }
  await redis.close()
})
