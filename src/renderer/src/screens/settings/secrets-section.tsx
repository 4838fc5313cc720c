import type { Settings } from '@shared/settings'
import type { ReactNode } from 'react'
import { Button } from '../../components/button'
import { confirmAction } from '../../components/confirm'
import { Select } from '../../components/select'
import { showToast } from '../../components/toasts'
import { isUnknown, keyringName } from '../../needs/keyring'
import { worked } from '../../stores/call'
import { useLink } from '../../stores/link'
import { changeSettings, useSetting } from '../../stores/settings'
import { Section, Setting } from './setting'

const choices: readonly { value: Settings['secretsWithoutKeyring']; label: string }[] = [
  { value: 'ask', label: 'Ask me' },
  { value: 'never', label: 'Never save' },
  { value: 'allow', label: 'Save in a file' },
]

/** Where passwords and passphrases are kept, and the way to be rid of them. */
export function SecretsSection(): ReactNode {
  const keyring = useLink((state) => state.keyring)
  const without = useSetting('secretsWithoutKeyring', 'ask')
  const forget = async (): Promise<void> => {
    const sure = await confirmAction({
      title: 'Forget all saved secrets?',
      body: 'Every saved password and passphrase goes. Warren asks again when a server wants one.',
      action: 'Forget all',
      cancel: 'Keep',
    })
    if (sure && (await worked(window.api.app['app.forgetSecrets']({ serverId: null })))) {
      showToast({ text: 'No password or passphrase is saved any more.' })
    }
  }
  return (
    <Section title="Passwords and passphrases">
      <Setting
        label="Kept in"
        hint={
          isUnknown(keyring)
            ? 'Warren asks the desktop'
            : keyring?.available === true
              ? 'Sealed by the desktop; only your login opens it'
              : 'Without a keyring, programs that you run could read what Warren saves'
        }
      >
        {keyringName(keyring)}
      </Setting>
      {!isUnknown(keyring) && keyring?.available === false && (
        <Setting label="Without a keyring">
          <Select
            label="Without a keyring"
            labelHidden
            value={without}
            options={choices}
            onChange={(next) => {
              void changeSettings({ secretsWithoutKeyring: next })
            }}
          />
        </Setting>
      )}
      <Setting label="Saved secrets" hint="Of every server">
        <Button
          onClick={() => {
            void forget()
          }}
        >
          Forget all
        </Button>
      </Setting>
    </Section>
  )
}
