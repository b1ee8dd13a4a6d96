import { fileURLToPath } from 'node:url'
import { runWithSqlite } from '@bext-internal/test-services/node-with-sqlite'
import { expect, test } from 'vitest'
import { fileSystemOf } from '../src/doctor/file-systems.js'
import { driverNames } from './helpers/drivers.js'

const cwd = fileURLToPath(new URL('.', import.meta.url))

// The first run may fetch a Node.
test.each(driverNames)('the doctor with %s', { timeout: 300_000 }, async (driver) => {
  await runWithSqlite(cwd, 'in-child/doctor.ts', driver)
})

test('file systems are known by the types that statfs of Linux returns', () => {
  expect(fileSystemOf(0x6969)).toEqual(['network', 'NFS'])
  // Some runtimes return signed numbers.
  expect([fileSystemOf(0xff534d42), fileSystemOf(0xff534d42 - 2 ** 32)]).toEqual([
    ['network', 'CIFS'],
    ['network', 'CIFS'],
  ])
  expect(fileSystemOf(0x01021994)).toEqual(['memory', 'tmpfs'])
  // ext4.
  expect(fileSystemOf(0xef53)).toBe(undefined)
})
