/** What is behind relays in the bench: TCP clients are kept and never spoken to, datagrams come back. Prints its port. */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const server = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.resume()
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const { port } = server.address()
  const echo = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
  echo.on('message', (data, from) => {
    echo.send(data, from.port, from.address)
  })
  echo.bind(port, '127.0.0.1', () => {
    process.stdout.write(`${port}\n`)
  })
})
