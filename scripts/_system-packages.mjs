/**
 * A Debian package, and how to tell whether what it brings is there (on any Linux, whoever installed it).
 *
 * @typedef {object} SystemPackage
 * @property {string} name the Debian package
 * @property {string} [library] a shared library the loader knows
 * @property {string} [command] a command on the path or in an sbin folder
 * @property {string} [file]
 * @property {string} why
 */

/** @type {SystemPackage[]} Without these Electron does not start. */
export const START = [
  { name: 'libgtk-3-0', library: 'libgtk-3.so.0', why: 'windows, menus and dialogs' },
  { name: 'libnss3', library: 'libnss3.so', why: 'certificates in Chromium' },
  { name: 'libasound2', library: 'libasound.so.2', why: 'Chromium is linked with it' },
  { name: 'libgbm1', library: 'libgbm.so.1', why: 'drawing' },
  { name: 'libxss1', library: 'libXss.so.1', why: 'idle detection' },
  { name: 'libatk-bridge2.0-0', library: 'libatk-bridge-2.0.so.0', why: 'screen readers' },
  { name: 'libsecret-1-0', library: 'libsecret-1.so.0', why: 'safeStorage speaks to the keyring with it' },
  { name: 'dbus', command: 'dbus-daemon', why: 'a session bus where none runs: notifications, tray, keyring' },
]

/** @type {SystemPackage[]} Where no display is. */
export const VIRTUAL_DISPLAY = [{ name: 'xvfb', command: 'Xvfb', why: 'the virtual display' }]

/** Where Debian keeps what is built for this processor. */
const MACHINE = process.arch === 'arm64' ? 'aarch64' : 'x86_64'

/** @type {SystemPackage[]} What the tests and the bench run against. */
export const TEST = [
  { name: 'openssh-server', command: 'sshd', why: 'the real server of the engine tests' },
  { name: 'openssh-client', command: 'ssh', why: 'ssh -G, ssh-keygen, ssh-agent and the bench' },
  {
    name: 'openssh-tests',
    file: '/usr/lib/openssh/regress/test-exec.sh',
    why: "OpenSSH's own scripts, driven against the config resolver",
  },
  { name: 'oathtool', command: 'oathtool', why: 'one-time codes, as a person would type them' },
  {
    name: 'libpam-oath',
    file: `/lib/${MACHINE}-linux-gnu/security/pam_oath.so`,
    why: 'a server that wants them after a key',
  },
  { name: 'putty-tools', command: 'puttygen', why: 'key files of PuTTY' },
  { name: 'xauth', command: 'xauth', why: 'lets a person look at a virtual display' },
  { name: 'dbus-bin', command: 'dbus-send', why: 'asks the private session bus who is there' },
  { name: 'gnome-keyring', command: 'gnome-keyring-daemon', why: 'a real keyring behind safeStorage' },
  { name: 'fonts-dejavu-core', file: '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf', why: 'text in screenshots' },
  { name: 'procps', command: 'ps', why: 'memory and processor time of processes' },
  { name: 'iproute2', command: 'ss', why: 'leak checks look at sockets' },
  { name: 'curl', command: 'curl', why: 'SOCKS and HTTP proxy clients' },
  { name: 'chromium', command: 'chromium', why: 'a browser that goes by the PAC file' },
  { name: 'squid', command: 'squid', why: 'an HTTP proxy with a login' },
  { name: 'dante-server', command: 'danted', why: 'a SOCKS proxy with a login' },
  { name: 'openssl', command: 'openssl', why: 'the password files of the proxies' },
  { name: 'dropbear-bin', command: 'dropbear', why: 'another SSH server that people meet' },
  { name: 'python3-asyncssh', file: '/usr/lib/python3/dist-packages/asyncssh/__init__.py', why: 'and another one' },
  { name: 'postgresql', file: '/usr/lib/postgresql/15/bin/initdb', why: 'the cloud on a database that is shared' },
  { name: 'php-cli', command: 'php', why: 'a hosting panel that drives relays' },
  { name: 'php-curl', file: '/usr/lib/php/20220829/curl.so', why: 'its HTTP client' },
  { name: 'iperf3', command: 'iperf3', why: 'throughput, and a stream across a kill of the app' },
  { name: 'wrk', command: 'wrk', why: 'small requests in the bench' },
  { name: 'nginx-light', command: 'nginx', why: 'the origin that wrk asks' },
  {
    name: 'libnginx-mod-stream',
    file: '/usr/lib/nginx/modules/ngx_stream_module.so',
    why: 'what relays are measured beside',
  },
  { name: 'haproxy', command: 'haproxy', why: 'what relays are measured beside' },
  { name: 'socat', command: 'socat', why: 'what UDP relays are measured beside' },
]
