import { createHash, X509Certificate } from 'node:crypto'
import { generate } from 'selfsigned'

/** A certificate for localhost that no authority has signed. */
export interface Certificate {
  readonly key: string
  readonly cert: string
  /** SHA-256 of the public key in base64, for a browser that trusts this certificate only. */
  readonly publicKeyHash: string
}

export async function createCertificate(): Promise<Certificate> {
  const subject = [{ name: 'commonName', value: 'localhost' }]
  const { private: key, cert } = await generate(subject, { keyType: 'ec', algorithm: 'sha256' })
  const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return { key, cert, publicKeyHash: createHash('sha256').update(publicKey).digest('base64') }
}
