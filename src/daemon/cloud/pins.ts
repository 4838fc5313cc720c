/** What is remembered about members' keys: in memory for reading, in the store for good. */
import type { Pin, PinStore, SeenKey } from '@sync'
import type { CloudStore } from '../store/index'

type PinsStore = Pick<CloudStore, 'pins' | 'savePin' | 'forgetPins' | 'teamKeys' | 'saveTeamKey'>

export async function openPins(store: PinsStore): Promise<PinStore> {
  let pins: readonly Pin[] = await store.pins()
  let keys: readonly (SeenKey & { readonly teamId: string })[] = (await store.teamKeys()).map(
    ({ keyCheck: check, ...key }) => ({ ...key, check }),
  )
  return {
    of: (teamId) => pins.filter((pin) => pin.teamId === teamId),
    save: async (pin) => {
      await store.savePin(pin)
      pins = [...pins.filter(({ teamId, userId }) => teamId !== pin.teamId || userId !== pin.userId), pin]
    },
    forget: async (teamId, userId) => {
      await store.forgetPins(teamId, userId)
      pins = pins.filter((pin) => pin.teamId !== teamId || (userId !== undefined && pin.userId !== userId))
      if (userId === undefined) keys = keys.filter((key) => key.teamId !== teamId)
    },
    keys: (teamId) => keys.filter((key) => key.teamId === teamId),
    saveKey: async (teamId, { generation, check, wrapped }) => {
      await store.saveTeamKey({ teamId, generation, keyCheck: check, wrapped })
      const others = keys.filter((key) => key.teamId !== teamId || key.generation !== generation)
      keys = [...others, { teamId, generation, check, wrapped }]
    },
  }
}
