/** What a check of a sample forward finds. */
import type { CheckStep, ForwardView } from '@shared/snapshots'
import { makeFault } from './_data'

const login = [
  ['tcp', 'Connection', 24.3, '192.0.2.7:22'],
  ['banner', 'Greeting', 11.8, 'SSH-2.0-OpenSSH_9.9p1 Debian-3'],
  ['key-exchange', 'Key exchange', 31, 'curve25519-sha256 (not post-quantum), ssh-ed25519, aes128-gcm@openssh.com'],
  [
    'host-key',
    'Host key',
    0.7,
    'ssh-ed25519 SHA256:uNiVztksCsDhcc0u9e8BrrgeCcqc1a0CRGcs3A1mbVQ, trusted by /home/me/.ssh/known_hosts:12',
  ],
] as const

/** All is well over one server; over a chain the last login is refused. */
export function checkOf({ snapshot, spec }: ForwardView): readonly CheckStep[] {
  const chained = snapshot.via.length > 1
  const steps: CheckStep[] = []
  const add = (step: Partial<CheckStep> & Pick<CheckStep, 'step' | 'title' | 'detail'>): void => {
    steps.push({ server: null, result: 'ok', milliseconds: 1.2, fault: null, ...step })
  }
  add({ step: 'server', title: 'Definition', detail: snapshot.via.join(' › ') })
  snapshot.via.forEach((server, index) => {
    const at = chained ? server : null
    if (index === 0) add({ step: 'dns', title: 'Name', detail: `${server}.example.net is 192.0.2.7`, server: at })
    for (const [step, title, milliseconds, detail] of login) add({ step, title, milliseconds, detail, server: at })
    const refused = chained && index === snapshot.via.length - 1
    add({
      step: 'auth',
      title: 'Method',
      server: at,
      result: refused ? 'warning' : 'ok',
      milliseconds: 46,
      detail: `publickey ED25519 SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU (agent): ${refused ? 'refused, it takes publickey' : 'accepted'}`,
    })
    if (!refused) add({ step: 'login', title: 'Login', detail: 'logged in as deploy', server: at })
    else {
      const fault = makeFault({
        code: 'ssh.auth-failed',
        message: `${server} refused the login of deploy: it accepts publickey; we offered publickey with 1 key.`,
        fix: 'Check the user name and the keys of the server.',
        remedy: { action: 'edit-server', serverId: spec.serverId },
      })
      const failed = { result: 'failed', milliseconds: 2004, fault, detail: fault.message } as const
      add({ step: 'login', title: 'Login', server: at, ...failed })
    }
  })
  add({ step: 'listen', title: 'Listening end', detail: '127.0.0.1:5432 is free' })
  const rest = chained
    ? ({ result: 'skipped', milliseconds: 0, detail: 'An earlier step failed.' } as const)
    : { detail: 'the server opens connections' }
  add({ step: 'forwarding', title: 'Permission', ...rest })
  if (chained || spec.remoteHost !== 'nobody') add({ step: 'target', title: 'Target', ...rest })
  else {
    const fault = makeFault({
      code: 'target.refused',
      message: 'nobody:5432 refused the connection.',
      fix: 'Check that the service runs.',
      remedy: null,
    })
    add({ step: 'target', title: 'Target', result: 'failed', milliseconds: 3, fault, detail: fault.message })
  }
  return steps
}
