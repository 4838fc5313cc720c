/** The ssh config: what it means, what it lists, and what may run because of it. */
import { WarrenError } from '@shared/errors'
import type { ConfigImport } from '@shared/resolved-config'
import type { Handlers } from '../rpc/peer'
import type { Services } from '../services'
import { importSurvey } from '../ssh-config'

type Part = Pick<
  Handlers,
  'config.resolve' | 'config.server' | 'config.import' | 'config.listing' | 'config.setListing' | 'config.allowCommand'
>

export function configHandlers(services: Services): Part {
  const { catalog, sshConfig, inTurn } = services
  return {
    'config.resolve': (request, { signal }) => sshConfig.resolve(request, signal),
    'config.server': ({ id }) => {
      const spec = catalog.server(id)
      if (spec.configHost !== null) return sshConfig.describe(spec)
      throw new WarrenError('spec.invalid', `${spec.name} does not dial by the ssh config.`, { field: 'id' })
    },
    'config.import': ({ file }) => importConfig(services, file),
    'config.listing': () => ({ on: sshConfig.listing.isOn() }),
    'config.setListing': async ({ on }) => {
      await sshConfig.listing.setOn(on)
      return null
    },
    'config.allowCommand': async (asked) => {
      await inTurn(() => sshConfig.allow(asked))
      void sshConfig.listing.refresh()
      return null
    },
  }
}

// --- internal ---

async function importConfig(services: Services, file: string | null): Promise<ConfigImport> {
  const { catalog, store, engine, watch, hub, activity, inTurn, now } = services
  const survey = await services.sshConfig.survey(file)
  return inTurn(async () => {
    const taken = importSurvey(survey, catalog, new Date(now()).toISOString())
    if (taken.servers.length === 0) return taken
    await services.sshConfig.take(survey.servers.flatMap(({ command }) => command ?? []))
    await store.saveForwards(taken.forwards, taken.servers)
    for (const server of taken.servers) {
      catalog.putServer(server)
      const message = 'The server was taken over from the ssh config.'
      activity.add({ kind: 'added', serverId: server.id, subject: server.name, message })
    }
    for (const spec of taken.forwards) {
      catalog.putForward({ spec, wanted: false, lastUsed: null })
      engine.define(spec)
      watch.touch(spec.id)
      const message = 'The forward was taken over from the ssh config.'
      activity.add({ kind: 'added', forwardId: spec.id, serverId: spec.serverId, subject: spec.name, message })
    }
    hub.publish('servers.changed', { servers: catalog.servers() })
    return taken
  })
}
