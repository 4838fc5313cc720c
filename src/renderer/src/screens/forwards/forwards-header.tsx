import type { ForwardType } from '@shared/specs'
import { useEffect, useRef, type ReactNode } from 'react'
import { Button } from '../../components/button'
import { ChevronDown, Plus, Search } from '../../components/icons'
import { openMenu, type MenuEntry } from '../../components/menu'
import { useForwards } from '../../stores/forwards'
import { setSearch, setTag, useList } from '../../stores/list'
import { changeSettings, useSetting } from '../../stores/settings'
import { newForward, showServer } from '../../stores/ui'
import screen from '../../styles/screen.module.css'
import { useRows } from './current-rows'
import { focusList, offerFocus } from './focus'
import styles from './forwards-header.module.css'
import type { GroupBy } from './rows'

const groupings = { none: 'No groups', tag: 'By tag', server: 'By server' } as const satisfies Record<GroupBy, string>

/** Search, tag, grouping, and the way to a new one. Until the forwards are known nothing can be pressed that would go away again. */
export function ForwardsHeader(): ReactNode {
  const ready = useForwards((state) => state.ready)
  return (
    <header className={screen.header}>
      <h1 id="forwards-title" className={screen.title}>
        Forwards
      </h1>
      {ready && <Tools />}
    </header>
  )
}

function Tools(): ReactNode {
  return (
    <>
      <SearchBox />
      <TagButton />
      <GroupButton />
      <Button
        kind="primary"
        icon={<Plus size={16} />}
        aria-haspopup="menu"
        onClick={(event) => {
          openMenu({ label: 'New', anchor: event.currentTarget, entries: newEntries() })
        }}
      >
        New
      </Button>
    </>
  )
}

function SearchBox(): ReactNode {
  const search = useList((state) => state.search)
  const input = useRef<HTMLInputElement>(null)
  useEffect(
    () =>
      offerFocus('search', () => {
        input.current?.focus()
        input.current?.select()
      }),
    [],
  )
  return (
    <div className={styles.search}>
      <Search size={14} />
      <input
        ref={input}
        type="search"
        aria-label="Search forwards"
        aria-keyshortcuts="/"
        placeholder="Search"
        spellCheck={false}
        value={search}
        onChange={(event) => {
          setSearch(event.target.value)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.preventDefault()
            if (search === '') focusList()
            else setSearch('')
          }
          if (event.key === 'ArrowDown' || event.key === 'Enter') {
            event.preventDefault()
            focusList()
          }
        }}
      />
      {search === '' && <kbd aria-hidden="true">/</kbd>}
    </div>
  )
}

function TagButton(): ReactNode {
  const tag = useList((state) => state.tag)
  const { tags } = useRows()
  if (tags.length === 0) return null
  const entry = (value: string | null): MenuEntry => ({
    kind: 'item',
    label: value ?? 'Every tag',
    checked: tag === value,
    onSelect: () => {
      setTag(value)
    },
  })
  return (
    <Button
      className={styles.choice}
      aria-haspopup="menu"
      onClick={(event) => {
        openMenu({
          label: 'Tag',
          anchor: event.currentTarget,
          entries: [entry(null), { kind: 'separator' }, ...tags.map(entry)],
        })
      }}
    >
      <span className={styles.word}>{tag === null ? 'Tag' : `Tag: ${tag}`}</span>
      <ChevronDown size={14} />
    </Button>
  )
}

function GroupButton(): ReactNode {
  const groupBy = useSetting('groupBy', 'tag')
  const entry = (value: GroupBy): MenuEntry => ({
    kind: 'item',
    label: groupings[value],
    checked: groupBy === value,
    onSelect: () => {
      void changeSettings({ groupBy: value })
    },
  })
  return (
    <Button
      className={styles.choice}
      aria-haspopup="menu"
      onClick={(event) => {
        openMenu({
          label: 'Group',
          anchor: event.currentTarget,
          entries: (['tag', 'server', 'none'] as const).map(entry),
        })
      }}
    >
      <span className={styles.word}>Group</span>
      <ChevronDown size={14} />
    </Button>
  )
}

const kinds: readonly { readonly type: ForwardType; readonly label: string; readonly keys: string }[] = [
  { type: 'local', label: 'Reach a service', keys: '-L' },
  { type: 'remote', label: 'Offer a service', keys: '-R' },
  { type: 'dynamic', label: 'Browse through a server', keys: '-D' },
]

function newEntries(): readonly MenuEntry[] {
  return [
    ...kinds.map(({ type, label, keys }) => ({
      kind: 'item' as const,
      label,
      keys,
      onSelect: () => {
        newForward({ type })
      },
    })),
    { kind: 'separator' },
    {
      kind: 'item',
      label: 'Server',
      onSelect: () => {
        showServer('new')
      },
    },
  ]
}
