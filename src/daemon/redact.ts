/** Keeps secrets out of everything that is written down. */

const HIDDEN = '•••'
/** `scheme://user:secret@host`: proxy logins, tokens in addresses. */
const URL_LOGIN = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi
/** `password=…`, `passphrase: …`, `token=…` and the like, quoted or not. */
const NAMED_SECRET =
  /((?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|authorization|otp)["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|(?:(?:Basic|Bearer)\s+)?[^\s"'&,;]+)/gi
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g
/** Shorter ones would hide half of every ordinary sentence. */
const MIN_KNOWN_LENGTH = 4

/** Hides what looks like a secret, and every secret that the daemon holds right now. */
export function redact(text: string, known: Iterable<string> = []): string {
  let clean = text
  for (const secret of known) {
    if (secret.length >= MIN_KNOWN_LENGTH) clean = clean.replaceAll(secret, HIDDEN)
  }
  return clean
    .replaceAll(PRIVATE_KEY, HIDDEN)
    .replaceAll(URL_LOGIN, `$1:${HIDDEN}@`)
    .replaceAll(NAMED_SECRET, `$1${HIDDEN}`)
}
