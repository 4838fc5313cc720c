/** What this build calls itself. */
import packageJson from '../../package.json'

/** Put in by the bundlers: a hash of the sources that decide how daemon and clients talk and behave. */
declare const __WARREN_BUILD_ID__: string | undefined

export const VERSION: string = packageJson.version

/** Version and build id, the same in every bundle of one build; daemon and clients compare it. */
export const BUILD = `${VERSION}+${typeof __WARREN_BUILD_ID__ === 'string' ? __WARREN_BUILD_ID__ : 'source'}`
