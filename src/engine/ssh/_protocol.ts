/* eslint-disable max-params -- the signatures are ssh2's */
/**
 * The parts of ssh2's protocol object that Warren drives itself.
 *
 * ssh2 is pinned to one exact version, because these are not its public interface: its Channel costs a Node Duplex per
 * connection and a fixed 2 MiB window, which is what makes stock ssh2 slower than OpenSSH.
 */
import type { Socket } from 'node:net'
import type { Client, NegotiatedAlgorithms } from 'ssh2'

export interface PacketCipher {
  _onWrite: (data: Buffer) => void
  allocPacket: (payloadLength: number) => Buffer
  readonly encrypt: (packet: Buffer) => void
}

export interface PacketDecipher {
  inSeqno: number
  _onPayload: (payload: Buffer) => unknown
  decrypt: (data: Buffer, from: number, end: number) => unknown
}

export interface OpenInfo {
  readonly type: string
  readonly sender: number
  readonly window: number
  readonly packetSize: number
  readonly data: {
    readonly destIP?: string
    readonly destPort?: number
    readonly srcIP?: string
    readonly srcPort?: number
    readonly socketPath?: string
  }
}

export interface ConfirmInfo {
  readonly recipient: number
  readonly sender: number
  readonly window: number
  readonly packetSize: number
}

export interface Handlers {
  GLOBAL_REQUEST: (protocol: Protocol, name: string, wantReply: boolean, data: unknown) => void
  USERAUTH_FAILURE: (protocol: Protocol, methods: string[], partial: boolean) => void
  USERAUTH_PK_OK: (protocol: Protocol) => void
  EXT_INFO: (protocol: Protocol, extensions: readonly { readonly name: string; readonly algs?: string[] }[]) => void
  CHANNEL_OPEN: (protocol: Protocol, info: OpenInfo) => void
  CHANNEL_OPEN_CONFIRMATION: (protocol: Protocol, info: ConfirmInfo) => void
  CHANNEL_OPEN_FAILURE: (protocol: Protocol, recipient: number, reason: number, description: string) => void
  CHANNEL_DATA: (protocol: Protocol, recipient: number, data: Buffer) => void
  CHANNEL_WINDOW_ADJUST: (protocol: Protocol, recipient: number, bytes: number) => void
  CHANNEL_EOF: (protocol: Protocol, recipient: number) => void
  CHANNEL_CLOSE: (protocol: Protocol, recipient: number) => void
  CHANNEL_REQUEST: (protocol: Protocol, recipient: number, type: string, wantReply: boolean, data: unknown) => void
}

export interface IdentificationHeader {
  readonly identRaw: string
}

export interface Protocol {
  _handlers: Handlers
  _onPayload: (payload: Buffer) => unknown
  _onWrite: (data: Buffer) => void
  _cipher: PacketCipher
  _decipher: PacketDecipher | undefined
  /** Set while a key exchange runs: packets wait in `_queue` then. */
  readonly _kexinit: Buffer | undefined
  _queue: Buffer[] | undefined
  /** Methods of the login whose answer is outstanding. */
  readonly _authsQueue: string[]
  /** Undefined once the protocol failed and must not be fed any more. */
  readonly _destruct: unknown
  /** Told once about the server's identification string (RFC 4253 §4.2). */
  _onHeader: (header: IdentificationHeader) => void
  /** The key exchange that runs or ran last. */
  readonly _kex:
    | { readonly negotiated: NegotiatedAlgorithms; readonly sessionID?: Buffer; readonly _sig?: Buffer | undefined }
    | undefined
  readonly _packetRW: {
    /** Another class with compression: a payload has to go through it before it can be read. */
    readonly read: { readonly constructor: { readonly name: string } }
    readonly write: {
      readonly allocStart: number
      readonly alloc: (payloadLength: number) => Buffer
      readonly finalize: (packet: Buffer) => Buffer
    }
  }
  disconnect: (reason: number) => void
  /** Asks for new keys; nothing happens while an exchange runs. */
  readonly rekey: () => void
  readonly parse: (chunk: Buffer, start: number, end: number) => void
  readonly ping: () => void
  readonly requestSuccess: () => void
  readonly openssh_hostKeysProve: (keys: readonly { readonly getPublicSSH: () => Buffer }[]) => void
  readonly channelEOF: (remoteId: number) => void
  readonly channelClose: (remoteId: number) => void
  readonly channelFailure: (remoteId: number) => void
  readonly channelWindowAdjust: (remoteId: number, bytes: number) => void
  readonly channelOpenConfirm: (remoteId: number, localId: number, window: number, packetSize: number) => void
  readonly channelOpenFail: (remoteId: number, reason: number, description: string) => void
  readonly directTcpip: (
    localId: number,
    window: number,
    packetSize: number,
    ends: { srcIP: string; srcPort: number; dstIP: string; dstPort: number },
  ) => void
  readonly openssh_directStreamLocal: (
    localId: number,
    window: number,
    packetSize: number,
    end: { socketPath: string },
  ) => void
  readonly tcpipForward: (address: string, port: number, wantReply: boolean) => void
  readonly cancelTcpipForward: (address: string, port: number, wantReply: boolean) => void
  readonly openssh_streamLocalForward: (path: string, wantReply: boolean) => void
  readonly openssh_cancelStreamLocalForward: (path: string, wantReply: boolean) => void
}

/** A reply to a global request: an error or `true` for a refusal, `false` for success with its data. */
export type GlobalReply = (failed: Error | boolean, data?: Buffer | null) => void

export interface ClientInternals {
  readonly _protocol: Protocol
  readonly _sock: Socket
  /** Replies come in the order of the requests (RFC 4254 §4), also those of the keepalives. */
  readonly _callbacks: GlobalReply[]
  readonly _remoteVer: string | undefined
  readonly _chanMgr: {
    readonly add: (placeholder: (error: Error | undefined) => void) => number
    readonly remove: (id: number) => void
  }
}

/** ssh2's client, seen from inside. */
export function internals(client: Client): ClientInternals {
  return client as unknown as ClientInternals
}
