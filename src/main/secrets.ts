/**
 * Answers the daemon's questions from what was saved, and saves what a person chose to keep.
 *
 * A saved secret is tried once: when the server refuses it, it is forgotten and the person is asked.
 */
import type { SavedSecret } from '@shared/ipc'
import type { Need, NeedAnswer, PassphraseNeed, PasswordNeed } from '@shared/needs'
import { noKeyring } from './keyring'
import { ownerOf, type Vault } from './vault'

export interface SecretKeeperPorts {
  readonly vault: Vault
  readonly mayKeep: () => boolean
  readonly answer: (id: string, answer: NeedAnswer) => Promise<unknown>
  readonly log: (message: string, cause: unknown) => void
}

export interface SecretKeeper {
  /** Looks at the open questions and answers those it can. */
  readonly look: (needs: readonly Need[]) => void
  /** Whether a saved secret is answering this question, so that nobody else is asked. */
  readonly isAnswering: (needId: string) => boolean
  /**
   * Passes a person's answer on and keeps it when asked to. Throws `secret.no-keyring` before anything is passed on when it may not
   * be kept.
   */
  readonly pass: (answered: { need: Need | null; id: string; answer: NeedAnswer; save: boolean }) => Promise<void>
  readonly saved: () => readonly SavedSecret[]
  readonly forget: (serverId: string | null) => void
}

export function createSecretKeeper(ports: SecretKeeperPorts): SecretKeeper {
  const { vault } = ports
  const answering = new Set<string>()
  const judged = new Set<string>()

  const judge = (need: Need): void => {
    if (!asksForSecret(need) || judged.has(need.id)) return
    judged.add(need.id)
    try {
      if (need.refused) {
        vault.forget(ownerOf(need))
        return
      }
      const secret = vault.find(ownerOf(need))
      if (secret === null) return
      answering.add(need.id)
      ports.answer(need.id, asAnswer(need, secret)).catch((error: unknown) => {
        // The question stays open: the person is asked after all.
        answering.delete(need.id)
        ports.log('A saved secret could not be passed on', error)
      })
    } catch (error) {
      ports.log(`The saved secret for ${need.server} could not be used`, error)
    }
  }

  return {
    look: (needs) => {
      for (const need of needs) judge(need)
      const open = new Set(needs.map(({ id }) => id))
      for (const id of judged) {
        if (open.has(id)) continue
        judged.delete(id)
        answering.delete(id)
      }
    },
    isAnswering: (needId) => answering.has(needId),
    pass: async ({ need, id, answer, save }) => {
      const secret = secretIn(answer)
      const keeps = save && secret !== null && need !== null && asksForSecret(need)
      if (keeps && !ports.mayKeep()) throw noKeyring()
      // Sealed before it is passed on, so that a keyring that does not answer leaves the question open.
      const write = keeps ? vault.prepare(ownerOf(need), secret) : null
      await ports.answer(id, answer)
      write?.()
    },
    saved: () => vault.owners(),
    forget: (serverId) => {
      vault.forgetServer(serverId)
    },
  }
}

// --- internal ---

function asksForSecret(need: Need): need is PasswordNeed | PassphraseNeed {
  return need.kind === 'password' || need.kind === 'passphrase'
}

function asAnswer(need: PasswordNeed | PassphraseNeed, secret: string): NeedAnswer {
  return need.kind === 'password' ? { kind: 'password', password: secret } : { kind: 'passphrase', passphrase: secret }
}

function secretIn(answer: NeedAnswer): string | null {
  if (answer.kind === 'password') return answer.password
  return answer.kind === 'passphrase' ? answer.passphrase : null
}
