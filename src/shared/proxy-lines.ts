/** Lines that make other programs use a proxy port of Warren, to be copied. */
import { formatEndpoint, type Endpoint } from './endpoints'

export interface ProxyLine {
  readonly id: 'curl' | 'git' | 'npm' | 'shell' | 'browser' | 'pac'
  /** What it is for, in a word or two. */
  readonly title: string
  readonly text: string
}

export interface ProxyPort {
  readonly listen: Endpoint
  /** `null`: no login. */
  readonly username: string | null
  readonly servePac: boolean
}

/**
 * One line for each program; quoted for a POSIX shell. Empty for a Unix socket, which these programs cannot use.
 *
 * With a login the lines name the user and leave the word PASSWORD to be replaced, since a password has no place on a command
 * line that is copied. Names are looked up beyond the proxy (`socks5h`), where they mean something.
 */
export function proxyLines({ listen, username, servePac }: ProxyPort): readonly ProxyLine[] {
  if ('path' in listen || listen.port === 0) return []
  const at = formatEndpoint({ host: reachable(listen.host), port: listen.port })
  const login = username === null ? '' : `${encodeURIComponent(username).replaceAll("'", '%27')}:PASSWORD@`
  const socks = `socks5h://${login}${at}`
  const http = `http://${login}${at}`
  const pac = `http://${at}/proxy.pac`
  const user = username === null ? '' : ` --proxy-user ${quote(username)}`
  // Browsers know no login for SOCKS; by HTTP they ask for it.
  const browser = servePac
    ? `--proxy-pac-url=${pac}`
    : `--proxy-server=${username === null ? 'socks5' : 'http'}://${at}`
  const lines: ProxyLine[] = [
    { id: 'curl', title: 'curl', text: `curl --proxy socks5h://${at}${user} https://example.org/` },
    { id: 'git', title: 'git', text: `git -c http.proxy=${socks} pull` },
    { id: 'npm', title: 'npm', text: `npm --proxy=${http} --https-proxy=${http} install` },
    { id: 'shell', title: 'this shell', text: `export ALL_PROXY=${socks} HTTP_PROXY=${http} HTTPS_PROXY=${http}` },
    { id: 'browser', title: 'Chromium', text: `chromium ${browser}` },
  ]
  return servePac ? [...lines, { id: 'pac', title: 'PAC file', text: pac }] : lines
}

// --- internal ---

/** Every address includes this machine's own. */
function reachable(host: string): string {
  return host === '' || host === '*' || host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
