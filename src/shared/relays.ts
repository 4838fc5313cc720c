/** Relays: raw TCP or UDP listen → target rules without SSH, as the person wrote them. */
import { z } from 'zod'
import { anyPort, host, id, MAX_TAGS, name, realPort, tagSchema, timestamp, withoutDefaults } from './_fields'
import { limitsSchema, noLimits } from './limits'

export const MAX_RELAY_PORTS = 1000
const MAX_PORT = 65_535
const MAX_TARGETS = 32
const MAX_RULES = 1000

export const relayProtocols = ['tcp', 'udp'] as const
export type RelayProtocol = (typeof relayProtocols)[number]

/** Where a relay was written: in the window or on the command line, or by a panel over a control API. */
export const relayOrigins = ['warren', 'x-port-forward'] as const
export type RelayOrigin = (typeof relayOrigins)[number]

const networkHost = host.refine((value) => !value.startsWith('/'), 'must be a host name or an address')

export const relayTargetSchema = z.strictObject({ host: networkHost, port: realPort })
export type RelayTarget = z.output<typeof relayTargetSchema>

/** `192.0.2.0/24`, `2001:db8::/32`, or one address. */
export const sourceRangeSchema = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'must be an address or a range')

const relayDraftObject = z.strictObject({
  name,
  protocol: z.enum(relayProtocols),
  /** An address of this machine, `localhost`, or `*` for every address. */
  listenHost: networkHost.default('127.0.0.1'),
  /** 0: any free port. */
  listenPort: anyPort,
  /** Ports in a row at both ends, each to the port of the same place. */
  portCount: z.int().min(1).max(MAX_RELAY_PORTS, `must be at most ${MAX_RELAY_PORTS}`).default(1),
  /** Names are resolved again at every connection, and every minute for UDP sessions. */
  targets: z.array(relayTargetSchema).min(1, 'must name a target').max(MAX_TARGETS),
  /** Which of several targets a connection goes to: the first that answers, or each in its turn. */
  balance: z.enum(['failover', 'round-robin']).default('failover'),
  /** Sources that may connect; empty: everybody that `deny` does not name. */
  allow: z.array(sourceRangeSchema).max(MAX_RULES).default([]),
  /** Sources that may not connect, whatever `allow` says. */
  deny: z.array(sourceRangeSchema).max(MAX_RULES).default([]),
  /** Clients begin with a PROXY protocol header, v1 or v2 (haproxy.org proxy-protocol.txt); TCP only. */
  acceptProxy: z.boolean().default(false),
  /** The header that the target is sent; TCP only. */
  sendProxy: z.enum(['v1', 'v2']).nullable().default(null),
  /** Until a target counts as not answering. */
  connectTimeoutSeconds: z.int().min(1).max(600).default(10),
  /** A connection or UDP session without a byte for so long ends; `null`: never for TCP, 60 s for UDP. */
  idleSeconds: z.int().min(1).max(86_400).nullable().default(null),
  limits: limitsSchema.default(noLimits),
  tags: z.array(tagSchema).max(MAX_TAGS, `must have at most ${MAX_TAGS} tags`).default([]),
  description: z.string().max(2000).default(''),
  /** Start when the daemon starts. */
  autoStart: z.boolean().default(false),
  favourite: z.boolean().default(false),
})
export const relayDraftSchema = relayDraftObject.superRefine(checkRelay)
export type RelayDraft = z.input<typeof relayDraftSchema>
export type ParsedRelayDraft = z.output<typeof relayDraftSchema>

export const relaySpecSchema = relayDraftObject
  .extend({ id, origin: z.enum(relayOrigins).default('warren'), createdAt: timestamp, updatedAt: timestamp })
  .superRefine(checkRelay)
export type RelaySpec = z.output<typeof relaySpecSchema>

/** A change of some fields; the whole is checked again after it is applied. `limits` is replaced whole. */
export const relayPatchSchema = withoutDefaults(relayDraftObject).partial()
export type RelayPatch = z.input<typeof relayPatchSchema>

/** UDP sessions end after so long without a datagram unless the relay says otherwise (RFC 4787 §4.3 asks for two minutes at least for NATs; a relay of known services can be shorter). */
export const UDP_IDLE_SECONDS = 60
/** Sessions of a UDP relay at once where its limits say nothing. */
export const UDP_MAX_SESSIONS = 4096

function checkRelay(
  spec: z.output<typeof relayDraftObject>,
  context: { addIssue: (issue: { code: 'custom'; path: (string | number)[]; message: string }) => void },
): void {
  const refuse = (path: (string | number)[], message: string): void => {
    context.addIssue({ code: 'custom', path, message })
  }
  const last = spec.portCount - 1
  if (spec.listenPort + last > MAX_PORT) refuse(['portCount'], `must not go beyond port ${MAX_PORT}`)
  if (spec.listenPort === 0 && last > 0) refuse(['listenPort'], 'must be chosen for a range')
  for (const [at, target] of spec.targets.entries()) {
    if (target.port + last > MAX_PORT)
      refuse(['targets', at, 'port'], `must not go beyond port ${MAX_PORT} with its range`)
  }
  if (spec.protocol === 'udp' && spec.acceptProxy) refuse(['acceptProxy'], 'is for TCP only')
  if (spec.protocol === 'udp' && spec.sendProxy !== null) refuse(['sendProxy'], 'is for TCP only')
}
