/** Both ends of limited connections, in a process of their own: the engine's event loop has nothing to do with them. */
import { connect, createServer } from 'node:net'

const BLOCK = Buffer.alloc(64 * 1024, 7)
const sockets = new Set()
/** Bytes that arrived at the target and at the client, by the number that the client sent first. */
let atTarget = []
let atClient = []
/** What one sender may write: kernel buffers would take megabytes of each, and filling them takes the time of the measurement. */
let most = Infinity

const server = createServer({ noDelay: true }, (socket) => {
  keep(socket)
  let number = null
  socket.on('data', (data) => {
    let bytes = data.length
    if (number === null) {
      // One byte of number, one of direction; whatever follows counts.
      number = data[0]
      bytes -= 2
      if (data[1] === 1) pour(socket)
    }
    atTarget[number] = (atTarget[number] ?? 0) + bytes
  })
})

process.on('message', async ({ id, command, ...options }) => {
  process.send({ id, result: await commands[command](options) })
})
process.on('disconnect', () => process.exit())

const commands = {
  listen: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(server.address().port))
    }),
  /** Opens the connections, lets them warm up, and tells what each moved in the time after it. */
  measure: async ({ port, connections, down, warmUpMs, ms, bytesEach }) => {
    most = bytesEach ?? Infinity
    atTarget = Array.from({ length: connections }, () => 0)
    atClient = Array.from({ length: connections }, () => 0)
    for (let number = 0; number < connections; number += 1) open(port, number, down)
    await pause(warmUpMs)
    const from = { at: performance.now(), bytes: [...(down ? atClient : atTarget)] }
    await pause(ms)
    const seconds = (performance.now() - from.at) / 1000
    const moved = (down ? atClient : atTarget).map((bytes, number) => bytes - from.bytes[number])
    for (const socket of sockets) socket.resetAndDestroy()
    return { seconds, moved }
  },
}

function open(port, number, down) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  keep(socket)
  socket.on('data', (data) => {
    atClient[number] += data.length
  })
  socket.on('connect', () => {
    socket.write(Buffer.from([number, down ? 1 : 0]))
    if (!down) pour(socket)
  })
}

function pour(socket) {
  let written = 0
  const more = () => {
    while (!socket.destroyed && written < most) {
      written += BLOCK.length
      if (!socket.write(BLOCK)) return
    }
  }
  socket.on('drain', more)
  more()
}

function keep(socket) {
  sockets.add(socket)
  socket.on('error', () => undefined)
  socket.on('close', () => sockets.delete(socket))
}

function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
