/** What a snapshot says of a forward without any of the rarer ways. */
export const plainSnapshot = {
  ...{ portCount: 1, notice: null, health: null, asleep: false, stopsAt: null },
  drops: { connections: 0, denied: 0, evicted: 0, datagrams: 0 },
} as const
