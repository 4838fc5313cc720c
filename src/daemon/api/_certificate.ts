/** The PEM files of a control API that speaks HTTPS. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { WarrenError } from '@shared/errors'

export interface TlsFiles {
  readonly certificateFile: string
  readonly keyFile: string
}

export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Reads both and tries them together. Throws `api.certificate` naming the file to blame. */
export function readCertificate({ certificateFile, keyFile }: TlsFiles, now: number): Certificate {
  const cert = read(certificateFile, 'tls.certificateFile')
  const key = read(keyFile, 'tls.keyFile')
  refuseOver(certificateFile, { cert, now })
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new WarrenError(
      'api.certificate',
      `${keyFile} is not the key of ${certificateFile}, or cannot be read as one.`,
      {
        fix: 'Give the PEM file of the certificate chain and the PEM file of its key, without a passphrase.',
        field: 'tls.keyFile',
        cause: error,
      },
    )
  }
  return { cert, key }
}

// --- internal ---

function read(file: string, field: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new WarrenError('api.certificate', `${file} ${isMissing ? 'does not exist' : 'cannot be read'}.`, {
      fix: 'Check its path and who may read it.',
      field,
      cause: error,
    })
  }
}

/** An API with a certificate that is over answers nobody who checks it: better said here than guessed there. */
function refuseOver(file: string, { cert, now }: { readonly cert: Buffer; readonly now: number }): void {
  let until: number
  try {
    until = Date.parse(new X509Certificate(cert).validTo)
  } catch (error) {
    throw new WarrenError('api.certificate', `${file} is not a certificate in PEM form.`, {
      fix: 'A PEM file begins with -----BEGIN CERTIFICATE-----.',
      field: 'tls.certificateFile',
      cause: error,
    })
  }
  if (until > now) return
  throw new WarrenError(
    'api.certificate',
    `The certificate in ${file} was valid until ${new Date(until).toISOString().slice(0, 10)}.`,
    {
      fix: 'Renew it and turn the control API on again.',
      field: 'tls.certificateFile',
    },
  )
}
