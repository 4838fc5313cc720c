/** New sources at a UDP port: each asks once with a socket of its own. Arguments: port, seconds. Prints the answers per second. */
import { createSocket } from 'node:dgram'

const [port, seconds] = process.argv.slice(2).map(Number)
const AT_ONCE = 16
/** Then the question or its answer is lost. */
const PATIENCE_MS = 1000

let answered = 0
const until = performance.now() + seconds * 1000

function ask() {
  if (performance.now() >= until) return
  const socket = createSocket('udp4')
  const timer = setTimeout(done, PATIENCE_MS)
  function done() {
    clearTimeout(timer)
    socket.close()
    ask()
  }
  socket.on('error', () => undefined)
  socket.once('message', () => {
    if (performance.now() < until) answered += 1
    done()
  })
  socket.send('?', port, '127.0.0.1')
}

for (let n = 0; n < AT_ONCE; n += 1) ask()
process.on('exit', () => {
  process.stdout.write(`${answered / seconds}\n`)
})
