import { expect, it } from 'vitest'
import { credentialsOf } from '../../../src/runtime/supervisor/index.ts'

it.each([
  [{}, { username: 'admin', isPasswordChosen: false }],
  [{ env: { API_PASSWORD: '' } }, { username: 'admin', isPasswordChosen: false }],
  [{ env: { API_PASSWORD: 'x', API_USERNAME: 'me' } }, { username: 'me', isPasswordChosen: true }],
  [{ file: { apiPassword: 'x' } }, { username: 'admin', isPasswordChosen: true }],
])('who may use the services is read from where they read it: %j', (layers, credentials) => {
  expect(credentialsOf(layers)).toEqual(credentials)
})
