import { type HttpApp, requireBasicAuth } from '../../platform/http/index.ts'
import type { Kysely } from '../../platform/sql/index.ts'
import { campaignsError } from '../errors.ts'
import { createEventRegistration } from '../events/registration.ts'
import { addEventRoutes } from '../events/routes.ts'
import type { CampaignsOptions } from '../options.ts'
import type { Processing } from '../processing/processing.ts'
import type { CampaignTables } from '../schema.ts'
import { createConfiguration } from '../store/configuration.ts'
import { createSecrets } from '../store/secrets.ts'
import { addCampaignRoutes } from './campaign-routes.ts'
import { addConfigurationRoutes } from './configuration-routes.ts'
import type { Requests } from './drain.ts'
import { addEarningRoutes } from './earning-routes.ts'
import { addGate, type Gate } from './gate.ts'
import { addRuleRoutes } from './rule-routes.ts'
import { createRuleTesting } from './rule-test.ts'
import { addRuleTestRoutes } from './rule-test-routes.ts'

export interface RoutesOptions {
  db: Kysely<CampaignTables>
  processing: Processing
  gate: Gate
  requests: Requests
  options: Pick<CampaignsOptions, 'apiUsername' | 'apiPassword' | 'configKey'>
}

/** All routes that take a user and a password. */
export async function addRoutes(app: HttpApp, routes: RoutesOptions): Promise<void> {
  await app.register(async (plain) => {
    const scope = plain as unknown as HttpApp
    const { apiUsername: username, apiPassword: password } = routes.options
    routes.requests.count(scope)
    requireBasicAuth(scope, {
      ...{ username, password, realm: 'agentctl campaigns' },
      refuse: (detail) => campaignsError('CAMPAIGNS_UNAUTHORIZED', detail, { field: 'header.authorization' }),
    })
    const { db, gate } = routes
    addRuleTestRoutes(scope, { testing: createRuleTesting({ db, checkDatabase: gate.check }) })
    await scope.register(async (gated) => addGatedRoutes(gated as unknown as HttpApp, routes))
  })
}

/** Those that need the database. */
function addGatedRoutes(app: HttpApp, { db, processing, gate, requests, options }: RoutesOptions): void {
  addGate(app, gate)
  addCampaignRoutes(app, { db })
  addRuleRoutes(app, { db })
  addEventRoutes(app, {
    ...{ db, processing, leaving: requests.leaving },
    registration: createEventRegistration({ db, onRegistered: () => processing.wake() }),
  })
  addEarningRoutes(app, { db })
  const secrets = createSecrets(options.configKey)
  addConfigurationRoutes(app, { entries: createConfiguration(db, secrets) })
}
