/** A PAM service of its own for one sshd: passwords and one-time codes without touching an account of this machine. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

const SSHD = '/usr/sbin/sshd'
const SERVICES = '/etc/pam.d'

export interface PamService {
  /** sshd under the name of the service, for {@link startSshd}. */
  readonly program: string
  readonly remove: () => void
}

/** Takes one password. */
export function passwordService(password: string): PamService {
  return makeService((dir) => {
    const script = join(dir, 'check')
    // pam_exec hands the password over with a NUL at its end.
    writeFileSync(script, `#!/bin/sh\n[ "$(tr -d '\\000')" = '${password}' ]\n`)
    chmodSync(script, 0o755)
    return `auth required pam_exec.so quiet expose_authtok ${script}`
  })
}

export interface CodeService extends PamService {
  /** The code that is due next. */
  readonly nextCode: () => string
}

/** Takes the codes of RFC 4226, one after the other (libpam-oath). */
export function codeService(): CodeService {
  const secret = '3132333435363738393031323334353637383930'
  let counter = 0
  const service = makeService((dir) => {
    const users = join(dir, 'users.oath')
    writeFileSync(users, `HOTP ${userInfo().username} - ${secret}\n`, { mode: 0o600 })
    return `auth required pam_oath.so usersfile=${users} window=10 digits=6`
  })
  return {
    ...service,
    nextCode: () => {
      counter += 1
      return execFileSync('oathtool', ['-c', String(counter - 1), secret], { encoding: 'utf8' }).trim()
    },
  }
}

// --- internal ---

/** Its file is in the system's folder for as long as the test runs: PAM looks nowhere else. */
function makeService(authLine: (dir: string) => string): PamService {
  const dir = mkdtempSync(join(tmpdir(), 'warren-pam-'))
  const name = `warren-test-${randomUUID().slice(0, 8)}`
  const file = join(SERVICES, name)
  const program = join(dir, name)
  writeFileSync(file, `${authLine(dir)}\naccount required pam_permit.so\nsession required pam_permit.so\n`)
  symlinkSync(SSHD, program)
  return {
    program,
    remove: () => {
      rmSync(file, { force: true })
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
