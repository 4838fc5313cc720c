/** Whether accounts are made over the network at all. */
import type { Services } from '../context'

/** Closed means no new accounts but the first one, without which nobody could do anything. */
export async function isRegistrationClosed({ config, store }: Pick<Services, 'config' | 'store'>): Promise<boolean> {
  return config.registration === 'closed' && (await store.users.count()) > 0
}
