/** Options with a fixed set of words: what may be written (in any case) and how `ssh -G` spells it. */

export type Choices = Readonly<Record<string, string>>

/** Flags print as yes and no. */
export const flag: Choices = { yes: 'yes', true: 'yes', no: 'no', false: 'no' }

/** Choices print as true and false, even when yes and no were written. */
const truth = { yes: 'true', true: 'true', no: 'false', false: 'false' }

export const yesNoAsk: Choices = { ...truth, ask: 'ask' }
export const yesNoAskConfirm: Choices = { ...truth, ask: 'ask', confirm: 'confirm' }
export const strictHostKey: Choices = { ...truth, off: 'false', ask: 'ask', 'accept-new': 'accept-new' }
export const addressFamily: Choices = { inet: 'inet', inet6: 'inet6', any: 'any' }
export const controlMaster: Choices = { ...truth, auto: 'auto', ask: 'ask', autoask: 'autoask' }
/** `yes` means the usual mode, point to point. */
export const tunnel: Choices = {
  ...truth,
  yes: 'point-to-point',
  true: 'point-to-point',
  ethernet: 'ethernet',
  'point-to-point': 'point-to-point',
}
export const requestTty: Choices = { ...truth, force: 'force', auto: 'auto' }
export const sessionType: Choices = { none: 'none', subsystem: 'subsystem', default: 'default' }
export const canonicalize: Choices = { ...truth, always: 'always' }
export const pubkey: Choices = { ...truth, unbound: 'unbound', 'host-bound': 'host-bound' }
export const compression: Choices = { yes: 'yes', no: 'no' }
export const digest: Choices = { md5: 'MD5', sha1: 'SHA1', sha256: 'SHA256', sha384: 'SHA384', sha512: 'SHA512' }

export const logLevel: Choices = {
  silent: 'SILENT',
  quiet: 'SILENT',
  fatal: 'FATAL',
  error: 'ERROR',
  info: 'INFO',
  verbose: 'VERBOSE',
  debug: 'DEBUG',
  debug1: 'DEBUG',
  debug2: 'DEBUG2',
  debug3: 'DEBUG3',
}

const facilities = ['DAEMON', 'USER', 'AUTH', 'AUTHPRIV', ...Array.from({ length: 8 }, (_, index) => `LOCAL${index}`)]
export const logFacility: Choices = Object.fromEntries(facilities.map((name) => [name.toLowerCase(), name]))

/** DSCP and the older type-of-service words by their byte. */
const ipQos: Readonly<Record<string, number>> = {
  af11: 0x28,
  af12: 0x30,
  af13: 0x38,
  af21: 0x48,
  af22: 0x50,
  af23: 0x58,
  af31: 0x68,
  af32: 0x70,
  af33: 0x78,
  af41: 0x88,
  af42: 0x90,
  af43: 0x98,
  cs0: 0x00,
  cs1: 0x20,
  cs2: 0x40,
  cs3: 0x60,
  cs4: 0x80,
  cs5: 0xa0,
  cs6: 0xc0,
  cs7: 0xe0,
  ef: 0xb8,
  le: 0x01,
  lowdelay: 0x10,
  throughput: 0x08,
  reliability: 0x04,
}

export function ipQosByte(word: string): number | undefined {
  return Object.hasOwn(ipQos, word) ? ipQos[word] : undefined
}

export function ipQosName(byte: number): string {
  const name = Object.keys(ipQos).find((each) => ipQos[each] === byte)
  return name ?? `0x${byte.toString(16).padStart(2, '0')}`
}
