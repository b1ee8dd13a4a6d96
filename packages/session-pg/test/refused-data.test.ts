import { testRejectedData } from '@bext-internal/test-services/test-helpers'
import { pgSessions } from '@bext/session-pg'
import { newTable, openClient } from './helpers/database.js'

testRejectedData(async () => {
  const sql = openClient()
  return pgSessions({ client: sql, table: await newTable(sql) })
})
