import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { campaignsError } from '../errors.ts'

const derive = promisify(scrypt) as (secret: string, salt: string, length: number) => Promise<Buffer>

/** Encrypts what nobody may read in the database. */
export interface Secrets {
  /** @throws AgentctlError CONFIGURATION_KEY_MISSING */
  encrypt(name: string, text: string): Promise<string>
  /** @throws AgentctlError CONFIGURATION_KEY_MISSING, also when it was encrypted with a key that is not known here */
  decrypt(name: string, stored: string): Promise<string>
}

interface Key {
  id: string
  bytes: Buffer
}

const FORM = 'v1'
const NONCE = 12
const TAG = 16
/** Keys are to be the same wherever they are derived: a fixed salt, so the setting itself has to be hard to guess. */
const SALT = 'agentctl:configuration:v1'

/**
 * AES-256-GCM with a random nonce for each value; the name is authenticated with it, so that values cannot be swapped. Stored is
 * `v1.KEY_ID.BASE64URL(nonce, ciphertext, tag)`.
 * @param setting a key, derived with scrypt once it is needed; older ones after commas still decrypt
 */
export function createSecrets(setting: string | undefined): Secrets {
  const settings = (setting ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '')
  let deriving: Promise<Key[]> | undefined
  const keys = () => {
    deriving ??= Promise.all(settings.map(deriveKey))
    return deriving
  }

  return {
    async encrypt(name, text) {
      const [key] = await keys()
      if (key === undefined) throw campaignsError('CONFIGURATION_KEY_MISSING', `${name} is a secret`)
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce).setAAD(Buffer.from(name))
      const sealed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return `${FORM}.${key.id}.${Buffer.concat(sealed).toString('base64url')}`
    },
    async decrypt(name, stored) {
      const [form, id, sealed = ''] = stored.split('.')
      const key = (await keys()).find((known) => known.id === id)
      if (form !== FORM || key === undefined)
        throw campaignsError('CONFIGURATION_KEY_MISSING', `${name} was encrypted with the key ${id}`)
      const bytes = Buffer.from(sealed, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, NONCE))
      decipher.setAAD(Buffer.from(name)).setAuthTag(bytes.subarray(-TAG))
      return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]).toString('utf8')
    },
  }
}

async function deriveKey(setting: string): Promise<Key> {
  const bytes = await derive(setting, SALT, 32)
  return { id: createHash('sha256').update('id:').update(bytes).digest('hex').slice(0, 12), bytes }
}
