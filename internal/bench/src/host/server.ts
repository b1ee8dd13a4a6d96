// A process with one app, started by server-process.ts. Its arguments are the name of the server, the URL of its backend
// and the prefix of its keys or tables. It sends its port, then replies to each message with its CPU time so far.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostServers } from './host-servers.js'

const [name = '', url = '', prefix = ''] = process.argv.slice(2)

const hostServer = hostServers.find((each) => each.name === name)
if (hostServer === undefined) throw new Error(`There is no ${JSON.stringify(name)}.`)
const opened = await hostServer.open(url, prefix)
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
