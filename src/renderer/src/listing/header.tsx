import { useEffect, useRef, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { Button } from '../components/button'
import { ChevronDown, Plus, Search } from '../components/icons'
import { openMenu, type MenuEntry } from '../components/menu'
import { setSearch, setTag, useList } from '../stores/list'
import { settingsStore } from '../stores/settings'
import screen from '../styles/screen.module.css'
import { useRows } from './current-rows'
import { focusList, offerFocus } from './focus'
import styles from './header.module.css'
import { useListing, type Grouping } from './listing'

/** Search, tag, grouping, and the way to a new one. Until the list is known nothing can be pressed that would go away again. */
export function Header(): ReactNode {
  const { screen: name, title, views } = useListing()
  const ready = useStore(views, (state) => state.ready)
  return (
    <header className={screen.header}>
      <h1 id={`${name}-title`} className={screen.title}>
        {title}
      </h1>
      {ready && <Tools />}
    </header>
  )
}

function Tools(): ReactNode {
  const { newEntries } = useListing()
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
  const { list, one } = useListing()
  const search = useList(list, (state) => state.search)
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
        aria-label={`Search ${one}s`}
        aria-keyshortcuts="/"
        placeholder="Search"
        spellCheck={false}
        value={search}
        onChange={(event) => {
          setSearch(list, event.target.value)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.preventDefault()
            if (search === '') focusList()
            else setSearch(list, '')
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
  const { list } = useListing()
  const tag = useList(list, (state) => state.tag)
  const { tags } = useRows()
  if (tags.length === 0) return null
  const entry = (value: string | null): MenuEntry => ({
    kind: 'item',
    label: value ?? 'Every tag',
    checked: tag === value,
    onSelect: () => {
      setTag(list, value)
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
  const { groupings, groupingOf, setGrouping } = useListing()
  const current = useStore(settingsStore, (state) => groupingOf(state.settings))
  const entry = (grouping: Grouping): MenuEntry => ({
    kind: 'item',
    label: grouping.label,
    checked: current === grouping,
    onSelect: () => {
      setGrouping(grouping.value)
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
          entries: groupings().map(entry),
        })
      }}
    >
      <span className={styles.word}>Group</span>
      <ChevronDown size={14} />
    </Button>
  )
}
