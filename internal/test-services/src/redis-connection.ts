import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

const answerWithinMs = 3000

function encode(command: readonly string[]): string {
  return `*${command.length}\r\n${command.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`
}

function credentialsOf(url: URL): string[] {
  return [url.username, url.password].filter((part) => part !== '').map(decodeURIComponent)
}

// Rejects if the server cannot be reached or replies with an error, or if `isDone` is not true within three seconds.
function converse(url: URL, commands: readonly string[][], isDone: (reply: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const port = Number(url.port || 6379)
    const socket = url.protocol === 'rediss:' ? connectTls({ host, port, servername: host }) : connect({ host, port })
    const credentials = credentialsOf(url)
    let reply = ''
    const settle = (error?: Error): void => {
      socket.destroy()
      if (error === undefined) resolve(reply)
      else reject(error)
    }
    socket.setEncoding('utf8')
    socket.setTimeout(answerWithinMs, () => settle(new Error(`no answer within ${answerWithinMs} ms`)))
    socket.on('error', settle)
    socket.on('close', () => settle(new Error('the connection was closed')))
    socket.on('data', (text: string) => {
      reply += text
      const refusal = /^-(.*)\r\n/m.exec(reply)
      if (refusal !== null) settle(new Error(refusal[1]))
      else if (isDone(reply)) settle()
    })
    if (credentials.length > 0) socket.write(encode(['AUTH', ...credentials]))
    for (const command of commands) socket.write(encode(command))
  })
}

/**
 * Sends one command to the Redis server at the URL. Resolves once the reply contains `expected`. Rejects if the server
 * cannot be reached or replies with an error, or if the expected reply does not arrive within three seconds.
 */
export async function askRedis(url: URL, command: readonly string[], expected: string): Promise<void> {
  await converse(url, [[...command]], (reply) => reply.includes(expected))
}

/** Sends commands at once. Resolves to their raw replies in order. Rejects as `askRedis` does. */
export async function queryRedis(url: URL, commands: readonly (readonly string[])[]): Promise<string> {
  // The reply to an additional PING shows that all other replies are complete.
  const end = '+PONG\r\n'
  const sent = [...commands, ['PING']].map((command) => [...command])
  const replies = await converse(url, sent, (reply) => reply.endsWith(end))
  return replies.slice(0, -end.length)
}
