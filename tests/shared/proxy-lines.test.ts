import { expect, it } from 'vitest'
import { proxyLines } from '@shared/proxy-lines'

const at = { host: '127.0.0.1', port: 1080 }
const textOf = (id: string, port: Parameters<typeof proxyLines>[0]): string | undefined =>
  proxyLines(port).find((line) => line.id === id)?.text

it('each program is told in its own words', () => {
  const lines = proxyLines({ listen: at, username: null, servePac: false })
  expect(Object.fromEntries(lines.map(({ id, text }) => [id, text]))).toEqual({
    curl: 'curl --proxy socks5h://127.0.0.1:1080 https://example.org/',
    git: 'git -c http.proxy=socks5h://127.0.0.1:1080 pull',
    npm: 'npm --proxy=http://127.0.0.1:1080 --https-proxy=http://127.0.0.1:1080 install',
    shell:
      'export ALL_PROXY=socks5h://127.0.0.1:1080 HTTP_PROXY=http://127.0.0.1:1080 HTTPS_PROXY=http://127.0.0.1:1080',
    browser: 'chromium --proxy-server=socks5://127.0.0.1:1080',
  })
})

it('with a login no password is written, and a browser speaks HTTP', () => {
  const port = { listen: at, username: "a da's", servePac: false }
  expect(textOf('curl', port)).toBe(
    `curl --proxy socks5h://127.0.0.1:1080 --proxy-user 'a da'\\''s' https://example.org/`,
  )
  expect(textOf('git', port)).toContain('socks5h://a%20da%27s:PASSWORD@127.0.0.1:1080')
  expect(textOf('browser', port)).toBe('chromium --proxy-server=http://127.0.0.1:1080')
})

it('a PAC file has its own line and leads the browser', () => {
  const port = { listen: { host: '*', port: 81 }, username: null, servePac: true }
  expect(textOf('pac', port)).toBe('http://127.0.0.1:81/proxy.pac')
  expect(textOf('browser', port)).toBe('chromium --proxy-pac-url=http://127.0.0.1:81/proxy.pac')
})

it('a port that is not chosen yet, and a Unix socket, have no lines', () => {
  expect(proxyLines({ listen: { host: '::1', port: 0 }, username: null, servePac: true })).toEqual([])
  expect(proxyLines({ listen: { path: '/run/x.sock' }, username: null, servePac: true })).toEqual([])
})
