import type { Fault } from '@shared/errors'
import type { Need, NeedAnswer } from '@shared/needs'
import { useState, type ReactNode } from 'react'
import { settle } from '../stores/call'
import { needsStore, useNeeds } from '../stores/needs'
import { CommandDialog } from './command-dialog'
import { HostKeyDialog } from './host-key-dialog'
import { HostKeyRotationDialog } from './host-key-rotation-dialog'
import { KeyboardDialog } from './keyboard-dialog'
import type { NeedDialogProps } from './need-dialog'
import { currentNeed, waitingAfter } from './queue'
import { SecretDialog } from './secret-dialog'
import { TouchDialog } from './touch-dialog'

/** Puts one open question in front; a question that is settled elsewhere goes away by itself. */
export function NeedsHost(): ReactNode {
  const needs = useNeeds((state) => state.list)
  const shown = useNeeds((state) => state.shown)
  const [putOff, setPutOff] = useState<ReadonlySet<string>>(new Set())
  const [answered, setAnswered] = useState<ReadonlySet<string>>(new Set())
  const queue = { needs, shown, putOff, answered }
  const need = currentNeed(queue)
  if (need === null) return null

  const answer = async (given: NeedAnswer, save: boolean): Promise<Fault | null> => {
    const result = await settle(window.api.app['app.answerNeed']({ id: need.id, answer: given, save }))
    // What somebody else settled needs no word here: the question is gone.
    if (!result.ok && result.fault.code !== 'need.gone') return result.fault
    setAnswered((before) => new Set([...before, need.id]))
    return null
  }
  const later = (): void => {
    setPutOff((before) => new Set([...before, need.id]))
    needsStore.setState({ shown: null })
  }
  return <NeedDialog key={need.id} need={need} more={waitingAfter(queue, need)} onAnswer={answer} onLater={later} />
}

function NeedDialog({ need, ...props }: NeedDialogProps<Need>): ReactNode {
  switch (need.kind) {
    case 'host-key':
      return <HostKeyDialog need={need} {...props} />
    case 'host-key-rotation':
      return <HostKeyRotationDialog need={need} {...props} />
    case 'password':
    case 'passphrase':
      return <SecretDialog need={need} {...props} />
    case 'allow-command':
      return <CommandDialog need={need} {...props} />
    case 'touch-key':
      return <TouchDialog need={need} {...props} />
    case 'keyboard-interactive':
      return <KeyboardDialog need={need} {...props} />
  }
}
