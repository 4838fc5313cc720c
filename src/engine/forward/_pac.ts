/** The proxy auto-configuration file that a browser fetches from the proxy itself. */

export const PAC_PATH = '/proxy.pac'
export const PAC_TYPE = 'application/x-ns-proxy-autoconfig'

/**
 * `at`: `host:port` as the browser reaches this port.
 *
 * Browsers know no login for SOCKS, so a port that asks for one is offered as an HTTP proxy only.
 */
export function pacFile(at: string, hasLogin: boolean): string {
  const ways = hasLogin ? [`PROXY ${at}`] : [`SOCKS5 ${at}`, `SOCKS ${at}`, `PROXY ${at}`]
  return `function FindProxyForURL(url, host) {\n  return ${JSON.stringify(ways.join('; '))}\n}\n`
}

/** `host:port` of a Host field, when it is nothing else than that: it goes into a script. */
export function safeHost(host: string): string | null {
  return /^(?:[a-z0-9.-]{1,255}|\[[0-9a-f:.]{2,45}\]):\d{1,5}$/i.test(host) ? host : null
}
