import { z } from 'zod'

/** Known to everybody: good enough only where nobody else can connect. */
export const DEFAULT_PASSWORD = 'your_password'

/** Who may use the service, for the service and for its clients. */
export const credentialSettings = {
  apiUsername: z
    .string()
    .min(1)
    .regex(/^[^:]*$/, 'may not contain a colon')
    .default('admin')
    .meta({ description: 'User of the campaigns service', env: ['API_USERNAME'], placeholder: 'NAME' }),
  apiPassword: z
    .string()
    .default(DEFAULT_PASSWORD)
    .meta({
      description: 'Password of that user; to listen beyond this machine takes one of your own',
      env: ['API_PASSWORD'],
      placeholder: 'PASSWORD',
      secret: true,
    }),
}

const address = (example: string) =>
  z.url({ protocol: /^https?$/, error: `expected an address such as ${example}` })

/** How clients find the service. */
export const campaignsClientSettings = {
  campaignsUrl: address('http://127.0.0.1:8003')
    .optional()
    .meta({
      description:
        'Campaigns service to talk to (default: that of the serve that runs here, a replica that has registered, or http://127.0.0.1:8003)',
      env: ['AGENTCTL_CAMPAIGNS_URL', 'DEMO_DOMAIN_URL'],
      placeholder: 'URL',
    }),
  ...credentialSettings,
}
