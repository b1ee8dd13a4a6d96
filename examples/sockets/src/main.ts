import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import { answer } from './pages.js'
import { createSessions } from './sessions.js'
import { addSocketIo } from './socket-io.js'
import { addWebSockets } from './ws.js'

const {
  REDIS_URL = 'redis://localhost',
  PREFIX = 'sockets:',
  PORT = '0',
  WATCH_MS = '10000',
  SOCKETS = 'ws',
} = process.env

const sessions = createSessions(new Redis(REDIS_URL), PREFIX, Number(WATCH_MS))
const server = createServer((request, response) => {
  answer(sessions, request, response).catch(() => response.writeHead(503).end())
})
if (SOCKETS === 'ws') addWebSockets(server, sessions)
else addSocketIo(server, sessions)
server.listen(Number(PORT), () => console.log(`http://localhost:${(server.address() as AddressInfo).port}`))
