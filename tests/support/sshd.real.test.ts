import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkLeaks } from './leaks'
import { startSshd, type Sshd } from './sshd'

describe('the sshd helper', () => {
  checkLeaks()
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())

  const login = (): string =>
    execFileSync(
      'ssh',
      ['-F', 'none', '-i', sshd.clientKey, '-p', String(sshd.port), '-o', 'StrictHostKeyChecking=no'].concat([
        '-o',
        'UserKnownHostsFile=/dev/null',
        '-o',
        'LogLevel=ERROR',
        `${sshd.username}@${sshd.host}`,
        'echo in',
      ]),
      { encoding: 'utf8' },
    )

  it('lets the client key in, also after a restart on the same port', async () => {
    expect(login()).toBe('in\n')
    await sshd.restart()
    expect(login()).toBe('in\n')
  })

  it('shows another key after a change of host keys', async () => {
    const before = sshd.hostKeyFingerprint
    await sshd.changeHostKeys()
    expect(sshd.hostKeyFingerprint).not.toBe(before)
  })
})
