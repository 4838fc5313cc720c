/** What a snapshot says of a forward without any of the rarer ways. */
export const plainSnapshot = { portCount: 1, notice: null, health: null, asleep: false, stopsAt: null } as const
