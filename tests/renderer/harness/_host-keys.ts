/** Servers that Warren refused for their key: what the daemon says then, word for word. */
import type { Fault, HostKeyConflict, HostKeySummary } from '@shared/errors'
import { makeFault } from './_data'

export const oldKey: HostKeySummary = {
  keyType: 'ssh-ed25519',
  fingerprint: 'SHA256:uNiVztksCsDhcc0u9e8BrrgeCcqc1a0CRGcs3A1mbVQ',
  randomart: [
    '+--[ED25519 256]--+',
    '|      .o+=*oo    |',
    '|     . .++.B     |',
    '|      o.=.= o    |',
    '|     . =.* .     |',
    '|      o S.=      |',
    '|       + O o     |',
    '|      . B = .    |',
    '|       o E +     |',
    '|        . o      |',
    '+----[SHA256]-----+',
  ].join('\n'),
}

export const newKey: HostKeySummary = {
  keyType: 'ssh-ed25519',
  fingerprint: 'SHA256:w4sQ1kUg0Jv3n8yXo2tRZb6pLmCdEfGhIjKlMnOpQrS',
  randomart: [
    '+--[ED25519 256]--+',
    '|   .   E..       |',
    '|  o . . o .      |',
    '| . o o = o       |',
    '|  o + B + .      |',
    '|   o X *S+       |',
    '|    B X.o.o      |',
    '|   . @ +. .      |',
    '|    + Bo.        |',
    '|     +*=         |',
    '+----[SHA256]-----+',
  ].join('\n'),
}

export function makeConflict(changes: Partial<HostKeyConflict> = {}): HostKeyConflict {
  return {
    serverId: 'server-bastion',
    server: 'bastion',
    name: 'bastion.example.net',
    shown: newKey,
    recorded: [
      { ...oldKey, file: '/home/me/.ssh/known_hosts', line: 14 },
      { ...oldKey, file: null, line: null },
    ],
    commands: ['ssh-keygen -R bastion.example.net -f /home/me/.ssh/known_hosts'],
    ...changes,
  }
}

/** By the end of its code: `changed`, `revoked`, `expired`, `principal`. */
export function makeRefusal(kind: string): Fault {
  const bare = { remedy: null, detail: null }
  switch (kind) {
    case 'revoked':
      return makeFault({
        ...bare,
        code: 'ssh.host-key-revoked',
        message: `bastion shows a key that is marked as revoked (/home/me/.ssh/known_hosts:3): ${oldKey.fingerprint}.`,
        fix: 'Do not connect. Ask its administrator.',
      })
    case 'expired':
      return makeFault({
        ...bare,
        code: 'ssh.host-cert-expired',
        message: 'The certificate of bastion expired on 2026-02-01 00:00 UTC.',
        fix: 'Ask its administrator to have it signed anew. If it should be valid, check the clock of this machine.',
      })
    case 'principal':
      return makeFault({
        ...bare,
        code: 'ssh.host-cert-principal',
        message: 'The certificate of bastion is for db.example.net, *.corp.example, not for bastion.example.net.',
        fix: 'Connect by a name it is for, or set HostKeyAlias for bastion in the ssh config.',
      })
    default:
      return makeFault({
        ...bare,
        code: 'ssh.host-key-changed',
        message: `bastion shows another key than before: now ssh-ed25519 ${newKey.fingerprint}, before ssh-ed25519 ${oldKey.fingerprint} (/home/me/.ssh/known_hosts:14).`,
        fix: 'Somebody may be listening in, or the server was reinstalled. Ask its administrator; if the new key is right, take the old one out with: ssh-keygen -R bastion.example.net -f /home/me/.ssh/known_hosts, and forget the old one of bastion.example.net under Servers › Trusted keys.',
        remedy: { action: 'compare-host-keys', conflict: makeConflict() },
      })
  }
}
