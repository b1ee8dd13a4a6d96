#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { runDoctor, UnreachableError, type Finding } from '@bext/session-core/doctor'
import type { Cluster, Redis } from 'ioredis'
import { loadIoredis } from '../client/load-ioredis.js'
import { safeClientOptions } from '../client/own-client.js'
import { parseArguments, usage, type DoctorArguments } from './arguments.js'
import { diagnoseRedis } from './diagnose.js'
import { refusalOf } from './ask.js'

const timeoutMs = 5000
// This path is the same from the source and from the build.
const manifest = new URL('../../package.json', import.meta.url)

// The options of the store's own connection, so that the doctor does not report them.
const safeOptions = safeClientOptions(timeoutMs)

async function open({ url, cluster }: DoctorArguments): Promise<Redis | Cluster> {
  const driver = await loadIoredis('The doctor').catch((error: Error) => {
    throw new UnreachableError(error.message)
  })
  // Without the ready check, a server that is still loading its data becomes a finding.
  if (!cluster) return new driver.Redis(url, { ...safeOptions, enableReadyCheck: false, retryStrategy: () => null })
  const { hostname, port, username, password, protocol } = new URL(url)
  const redisOptions = {
    ...safeOptions,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  }
  const nodes = [{ host: hostname, port: Number(port || 6379) }]
  return new driver.Cluster(nodes, {
    lazyConnect: true,
    enableOfflineQueue: false,
    // Without the ready check and the delays, a Cluster that is down becomes a finding.
    enableReadyCheck: false,
    retryDelayOnClusterDown: 0,
    retryDelayOnFailover: 0,
    clusterRetryStrategy: () => null,
    redisOptions,
  })
}

async function examine(args: DoctorArguments): Promise<readonly Finding[]> {
  const client = await open(args)
  let lastError: Error | undefined
  client.on('error', (error: Error) => {
    lastError = error
  })
  try {
    return await diagnoseRedis(client, { prefix: args.prefix, maxKeys: args.maxKeys, timeoutMs })
  } catch (error) {
    if (error instanceof TypeError) throw error
    const reason = lastError?.message ?? refusalOf(error) ?? `no reply within ${timeoutMs} ms.`
    throw new UnreachableError(`Redis cannot be reached: ${reason}`)
  } finally {
    client.disconnect()
  }
}

function version(): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version
}

await runDoctor({ usage, version, parse: parseArguments, examine }, process, styleText)
