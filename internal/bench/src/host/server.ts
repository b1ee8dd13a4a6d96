// A process with one app, started by server-process.ts: name of the contestant, URL of its backend, and the prefix of
// what it makes there. It tells its port, then answers each message with the CPU time that it has used.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { contestants } from './host-servers.js'

const [name = '', url = '', prefix = ''] = process.argv.slice(2)

const contestant = contestants.find((each) => each.name === name)
if (contestant === undefined) throw new Error(`There is no ${JSON.stringify(name)}.`)
const opened = await contestant.open(url, prefix)
const server = createServer(opened.app)
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.(user + system)
})

process.once('disconnect', () => {
  server.close()
  server.closeAllConnections()
  void opened.close()
})
