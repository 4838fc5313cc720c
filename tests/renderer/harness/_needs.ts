/** One open question of each kind, for looking at its dialog and for its tests. */
import { NEED_TIMEOUT_MS, type Need, type NeedKind } from '@shared/needs'
import { sampleNeeds } from './_data'
import { newKey, oldKey } from './_host-keys'

const SOME_MS = 12_000

export function makeNeed<K extends NeedKind>(
  kind: K,
  changes: Partial<Extract<Need, { kind: K }>> = {},
): Extract<Need, { kind: K }> {
  const [hostKey] = sampleNeeds()
  if (hostKey === undefined) throw new Error('there is no sample need')
  const base = {
    id: `need-${kind}`,
    serverId: hostKey.serverId,
    server: hostKey.server,
    login: hostKey.login,
    forwardIds: hostKey.forwardIds,
    raisedAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + NEED_TIMEOUT_MS - SOME_MS).toISOString(),
  }
  const needs: { readonly [Kind in NeedKind]: Extract<Need, { kind: Kind }> } = {
    'host-key': { ...(hostKey as Extract<Need, { kind: 'host-key' }>), ...base, kind: 'host-key' },
    'host-key-rotation': {
      ...base,
      forwardIds: [],
      kind: 'host-key-rotation',
      name: 'bastion.example.net',
      current: oldKey,
      added: [newKey],
      retired: [],
    },
    password: { ...base, kind: 'password', username: 'deploy', refused: true },
    passphrase: { ...base, kind: 'passphrase', keyFile: '/home/me/.ssh/id_work', refused: false },
    'allow-command': {
      ...base,
      kind: 'allow-command',
      purpose: 'proxy-command',
      command: 'cloud-tunnel ssh --zone eu-west --stdio bastion.example.net 22',
      file: '/home/me/.ssh/config',
      line: 14,
    },
    'touch-key': { ...base, kind: 'touch-key', key: 'me@laptop', reason: 'touch' },
    'keyboard-interactive': {
      ...base,
      kind: 'keyboard-interactive',
      name: 'Two steps',
      instruction: 'Enter the code from your device.\nIt changes every 30 seconds.',
      prompts: [
        { text: 'Verification code: ', echo: true },
        { text: 'Second password: ', echo: false },
      ],
    },
  }
  return { ...needs[kind], ...changes }
}

/** The needs that `?needs=password` and so on ask for; without a kind, the usual sample. */
export function needsFrom(wanted: string | null): readonly Need[] {
  if (wanted === null) return []
  if (wanted === '') return sampleNeeds()
  const login = { username: 'ada', refused: false }
  if (wanted === 'proxy-password') {
    const proxy = 'proxy.example:3128'
    return [makeNeed('password', { ...login, proxy, login: 'ada@proxy.example:3128' })]
  }
  if (wanted === 'client-password') {
    return [makeNeed('password', { ...login, forward: 'socks', login: 'ada@127.0.0.1:1080' })]
  }
  if (wanted === 'match-exec') {
    return [makeNeed('allow-command', { purpose: 'match-exec', command: 'on-vpn --quiet' })]
  }
  if (wanted === 'confirm-key') return [makeNeed('touch-key', { reason: 'confirm' })]
  return [makeNeed(wanted as NeedKind)]
}
