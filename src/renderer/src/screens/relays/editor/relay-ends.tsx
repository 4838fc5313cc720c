import { relaySentence } from '@shared/relay-sentence'
import { useRef, type ReactNode } from 'react'
import { Button, IconButton } from '../../../components/button'
import { classes } from '../../../components/classes'
import { TextField, type FieldProps } from '../../../components/field'
import { ArrowDown, ArrowUp, Plus, X } from '../../../components/icons'
import { Segmented } from '../../../components/segmented'
import ends from '../../editor/ends.module.css'
import editor from '../../editor/forward-editor.module.css'
import { Arrow, PartyBox, shortEnd, targetParty } from '../../editor/picture'
import { splitHostPort } from '../../editor/suggest'
import {
  DEFAULT_HOST,
  emptyTarget,
  relayLabel,
  relayListen,
  relayPortCount,
  relayTargets,
  type TargetForm,
} from './relay-form'
import styles from './relay-ends.module.css'
import type { RelayFormState } from './use-relay-form'

/** Both parties in a picture, each with its fields below; more targets in a list of their own. */
export function RelayEnds({ state }: { state: RelayFormState }): ReactNode {
  const { form } = state
  const listen = relayListen(form)
  const targets = relayTargets(form)
  const portCount = relayPortCount(form)
  const [first] = targets
  const others = targets.length - 1
  const far = targetParty(first ?? null, portCount)
  const sentence = relaySentence({ protocol: form.protocol, listen, targets, balance: form.balance, portCount })
  // A port that nobody has typed yet is no port 0.
  const said = sentence.replace(/:0(?=$|[\s,])/g, '')
  const box = useRef<HTMLDivElement>(null)
  const untyped = form.listenPort.trim() === ''
  return (
    <div ref={box} className={editor.parties}>
      <div
        className={styles.picture}
        role="img"
        aria-label={`People connect to this machine, which goes on to ${said.split(/ reach | go to /).at(-1) ?? 'the target'}`}
      >
        <PartyBox
          title="this machine"
          detail={untyped ? form.listenHost.trim() : shortEnd(listen, portCount)}
          mouth="left"
          small=""
        />
        <Arrow toLeft={false} />
        <PartyBox {...far} small={others > 0 ? `1 of ${targets.length}` : ''} />
      </div>
      <div className={classes(ends.ends, styles.ends)}>
        <ListenFields state={state} />
        {form.targets.length === 1 && <FirstTarget state={state} />}
      </div>
      {form.targets.length > 1 && <TargetList state={state} />}
      <div className={styles.add} data-alone={form.targets.length === 1 || undefined}>
        <Button
          size="s"
          kind="quiet"
          icon={<Plus size={14} />}
          disabled={form.targets.length >= 32}
          onClick={() => {
            state.change({ targets: [...form.targets, emptyTarget()] })
            const added = `[data-field="targets.${form.targets.length}.host"]`
            requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(added)?.focus())
          }}
        >
          Add a target
        </Button>
      </div>
      {form.targets.length > 1 && (
        <div className={styles.balance}>
          <Segmented
            label="Connections go to"
            value={form.balance}
            options={[
              { value: 'failover', label: 'The first that answers' },
              { value: 'round-robin', label: 'Each in its turn' },
            ]}
            onChange={(balance) => {
              state.change({ balance })
            }}
          />
        </div>
      )}
      <p className={editor.sentence} aria-live="polite">
        {untyped ? said.replace(/a free port of (this machine|\S+)/, 'a port here') : said}.
      </p>
    </div>
  )
}

// --- internal ---

function ListenFields({ state }: { state: RelayFormState }): ReactNode {
  const { form, errors, portTrouble } = state
  const trouble = errors.listenPort === undefined ? portTrouble : null
  const suggestion = trouble?.suggestion ?? null
  const fix: FieldProps['fix'] =
    suggestion === null
      ? null
      : {
          label: `Use ${suggestion}`,
          onPress: () => {
            state.change({ listenPort: String(suggestion) })
          },
        }
  return (
    <>
      <TextField
        label="Address"
        aria-label={relayLabel('listenHost')}
        data-field="listenHost"
        data-tip="Empty: only this machine can connect. * lets the network in."
        mono
        className={classes(ends.part, ends.first)}
        value={form.listenHost}
        placeholder={DEFAULT_HOST}
        error={errors.listenHost ?? null}
        onChange={(listenHost) => {
          state.change({ listenHost })
        }}
        onBlur={() => {
          state.leave('listenHost')
        }}
      />
      <TextField
        label="Port"
        aria-label={relayLabel('listenPort')}
        data-field="listenPort"
        inputMode="numeric"
        mono
        className={classes(ends.part, ends.first, ends.lower)}
        value={form.listenPort}
        placeholder={form.targets[0]?.port === '' ? '8000' : ''}
        error={errors.listenPort ?? trouble?.message ?? null}
        fix={fix}
        onChange={(listenPort) => {
          state.change({ listenPort })
        }}
        onBlur={() => {
          state.leave('listenPort')
        }}
      />
    </>
  )
}

function FirstTarget({ state }: { state: RelayFormState }): ReactNode {
  const [target] = state.form.targets
  if (target === undefined) return null
  return (
    <>
      <TargetField
        state={state}
        index={0}
        target={target}
        part="host"
        label="Host"
        className={classes(ends.part, ends.second)}
      />
      <TargetField
        state={state}
        index={0}
        target={target}
        part="port"
        label="Port"
        className={classes(ends.part, ends.second, ends.lower)}
      />
    </>
  )
}

function TargetList({ state }: { state: RelayFormState }): ReactNode {
  const { targets } = state.form
  const move = (from: number, to: number): void => {
    const next = [...targets]
    const [moved] = next.splice(from, 1)
    if (moved !== undefined) state.change({ targets: next.toSpliced(to, 0, moved) })
  }
  return (
    <fieldset className={styles.list}>
      <legend>Targets</legend>
      <ol>
        {targets.map((target, index) => (
          <li key={target.key} className={styles.target}>
            <TargetField state={state} index={index} target={target} part="host" label="Host" labelHidden />
            <TargetField state={state} index={index} target={target} part="port" label="Port" labelHidden />
            <span className={styles.buttons}>
              <IconButton
                size="s"
                label={`Move target ${index + 1} up`}
                disabled={index === 0}
                onClick={() => {
                  move(index, index - 1)
                }}
              >
                <ArrowUp size={14} />
              </IconButton>
              <IconButton
                size="s"
                label={`Move target ${index + 1} down`}
                disabled={index === targets.length - 1}
                onClick={() => {
                  move(index, index + 1)
                }}
              >
                <ArrowDown size={14} />
              </IconButton>
              <IconButton
                size="s"
                label={`Remove target ${index + 1}`}
                onClick={() => {
                  state.change({ targets: targets.filter((other) => other !== target) })
                }}
              >
                <X size={14} />
              </IconButton>
            </span>
          </li>
        ))}
      </ol>
    </fieldset>
  )
}

interface TargetFieldProps {
  state: RelayFormState
  index: number
  target: TargetForm
  part: 'host' | 'port'
  label: string
  labelHidden?: boolean
  className?: string
}

function TargetField({ state, index, target, part, ...field }: TargetFieldProps): ReactNode {
  const path = `targets.${index}.${part}`
  const set = (change: Partial<TargetForm>): void => {
    const { targets } = state.form
    state.change({ targets: targets.map((each) => (each.key === target.key ? { ...each, ...change } : each)) })
  }
  return (
    <TextField
      {...field}
      aria-label={relayLabel(path)}
      data-field={path}
      inputMode={part === 'host' ? 'text' : 'numeric'}
      mono
      value={target[part]}
      placeholder={part === 'host' ? 'db.internal' : '5432'}
      error={state.errors[path] ?? null}
      onChange={(value) => {
        set({ [part]: value })
      }}
      onBlur={() => {
        state.leave(path)
        const pair = part === 'host' ? splitHostPort(target.host) : null
        if (pair !== null) set(pair)
      }}
    />
  )
}
