/** Opens the desktop's keychain in a process of its own: reads, writes or clears, and prints what rests there. */
import { openKeychain } from '../../../src/daemon/cloud/keychain'
import type { Kept } from '../../../src/daemon/cloud/types'

interface Given {
  readonly home: string
  readonly url: string
  readonly set?: Partial<Kept>
  readonly clear?: boolean
}

const { home, url, set, clear } = JSON.parse(process.argv[2] ?? '') as Given
const keychain = await openKeychain({ home, url, keep: 'keychain' })
if (set !== undefined) await keychain.set(set)
if (clear === true) await keychain.clear()
process.stdout.write(JSON.stringify(keychain.get()))
