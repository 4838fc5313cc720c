/** Puts a fake daemon behind `window.api` of the page; the address says which: `?rows=0`, `?rows=1000`, `?silent`, `?lost`. */
import { apisFrom } from './_apis'
import { cloudFrom, loginRefused, makeCloud, makeConflict } from './_cloud'
import { configForwards, configServers } from './_config'
import { makeFault, makeForward, makeServer, manyForwards, sampleForwards, servers } from './_data'
import { makeRefusal } from './_host-keys'
import { makeNeed, needsFrom } from './_needs'
import { pictureForwards, pictureRelays, pictureRuns } from './_picture'
import { sampleRelays } from './_relays'
import { sampleRuns, sharedForwards } from './_sharing'
import { wayForwards } from './_ways'
import { fakeDaemon, sampleRates } from './fake-api'

const query = new URLSearchParams(location.search)
const rows = query.get('rows')
const refused = query.get('refused')
const forwards =
  refused !== null
    ? [...sampleForwards().slice(0, 2), makeForward('inner-db', { state: 'failed', reason: makeRefusal(refused) })]
    : query.has('picture')
      ? pictureForwards()
      : query.has('shared')
        ? sharedForwards()
        : query.has('ways')
          ? wayForwards()
          : rows === null
            ? sampleForwards()
            : manyForwards(Number(rows))
const daemon = fakeDaemon({
  forwards: query.has('config') ? [...forwards, ...configForwards] : forwards,
  relays: query.has('norelays') ? [] : query.has('picture') ? pictureRelays() : sampleRelays(),
  servers: query.has('bare')
    ? []
    : query.has('picture')
      ? [...servers, makeServer('demo', { host: '127.0.0.1', port: 2022 })]
      : query.has('config')
        ? [...servers, ...configServers]
        : servers,
  needs: query.has('certificate')
    ? [makeNeed('host-key', { certificate: 'Its certificate expired on 2026-02-01 00:00 UTC.' })]
    : needsFrom(query.get('needs')),
  taken: query.has('taken'),
  silent: query.has('silent'),
  apis: apisFrom(query.get('apis')),
  cloud: {
    ...cloudFrom(query.get('cloud')),
    ...(query.has('shared') ? { runs: sampleRuns } : query.has('picture') ? { runs: pictureRuns } : {}),
  },
  traffic: {
    quotaUsed: query.has('quota') ? Number(query.get('quota')) : undefined,
    untouched: query.has('untouched'),
  },
  settings: {
    theme: query.get('theme') === 'dark' ? 'dark' : query.get('theme') === 'light' ? 'light' : 'system',
    ...(query.has('group')
      ? { groupBy: query.get('group') as 'none', groupRelaysBy: query.get('group') as 'none' }
      : {}),
  },
  ...(query.has('nokeyring') ? { hello: { keyring: { available: false, backend: 'basic_text' } } } : {}),
  ...(query.has('lost')
    ? {
        hello: {
          daemon: { state: 'lost', fault: makeFault({ code: 'daemon.unreachable', message: 'It ended 4 s ago.' }) },
        },
      }
    : {}),
})
Object.assign(window, {
  api: daemon.api,
  harness: {
    ...daemon,
    /** Somebody else changes what was changed here. */
    conflict: () => {
      daemon.emit('cloud.changed', {
        cloud: makeCloud({ state: 'conflict', conflicts: 1 }),
        conflicts: [makeConflict('db')],
      })
    },
  },
})
const failing = query.get('failing')
if (failing !== null) daemon.failNext(failing, loginRefused)

const running = () => [...daemon.forwards.values(), ...daemon.relays.values()]

if (query.has('rates')) {
  let second = 0
  // A past, so that the first picture already has curves.
  addEventListener('load', () => {
    setTimeout(() => {
      for (; second < 90; second++) daemon.emit('rates.sampled', sampleRates(running(), second))
      setInterval(() => {
        daemon.emit('rates.sampled', sampleRates(running(), second++))
      }, 1000)
    }, 100)
  })
}
