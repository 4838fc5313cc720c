/**
 * Many readers of `/port-forwards/events` in one process. Arguments: port, token, how many. Tells its parent `open` when each has had its
 * first event, and `told` with the milliseconds whenever each has had one more.
 */
import { connect } from 'node:net'

const [port, token, count] = process.argv.slice(2)
const wanted = Number(count)
/** The kernel's queue of connections that wait to be taken is short. */
const AT_ONCE = 100
const request = `GET /port-forwards/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`
let opened = 0
let round = 0
let told = 0
let first = 0

function open() {
  if (opened === wanted) return
  opened += 1
  let events = 0
  const socket = connect(Number(port), '127.0.0.1', () => socket.write(request))
  socket.on('data', (chunk) => {
    if (!chunk.includes('event: change')) return
    events += 1
    if (events === 1) open()
    if (told === 0) first = performance.now()
    told += 1
    if (told < wanted) return
    process.send(round === 0 ? { kind: 'open' } : { kind: 'told', ms: performance.now() - first })
    round += 1
    told = 0
  })
  socket.on('error', (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  })
}
for (let at = 0; at < AT_ONCE; at += 1) open()
process.on('disconnect', () => process.exit(0))
