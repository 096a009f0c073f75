import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { type Attempt, type Balancer, createAttempts } from '../../balancer/index.ts'
import type { Logger } from '../../kernel/index.ts'
import {
  type Call,
  ConnectionLost,
  createJsonClient,
  type JsonClient,
} from '../../platform/http-client/index.ts'
import { campaignsError } from '../errors.ts'
import type { RuleTest, ruleTestBody } from '../messages/rule-test.ts'
import type {
  Batch,
  Campaign,
  CampaignEvent,
  campaignChange,
  campaignList,
  Earning,
  earningList,
  newCampaign,
  newRule,
  Rule,
  ruleChange,
} from '../messages.ts'
import { explain, judge } from './verdict.ts'

/** As they may be given, with everything left out that has a default. */
export type CampaignInput = z.input<typeof newCampaign>
export type CampaignChangeInput = z.input<typeof campaignChange>
export type RuleInput = z.input<typeof newRule>
export type RuleChangeInput = z.input<typeof ruleChange>
export type CampaignList = z.output<typeof campaignList>
export type EarningList = z.output<typeof earningList>

export interface CampaignsCall {
  signal?: AbortSignal | undefined
  /** When the answer must be there, in milliseconds since 1970; in half a minute if nothing else is said. */
  deadline?: number | undefined
  /** Waits until the deadline for a service that is away or out, however often it has been tried. */
  patient?: boolean | undefined
  /** Told of each failure after which it is tried again. */
  onRetry?: ((error: unknown) => void) | undefined
}

export interface Creation extends CampaignsCall {
  /** A repeat under the same key makes nothing new. Made up for each call where it is missing. */
  key?: string | undefined
}

export interface CampaignsPage {
  status?: Campaign['status'] | undefined
  limit?: number | undefined
  /** `next` of the page before. */
  after?: string | undefined
}

export interface EarningsQuery {
  campaign_id?: number | undefined
  user_id?: string | undefined
  event_id?: string | undefined
  rule_id?: number | undefined
  kind?: Earning['kind'] | undefined
  limit?: number | undefined
  after?: string | undefined
}

/**
 * The routes of the campaigns service. What one replica cannot answer is asked of another one, or again after a pause, within
 * the deadline: nothing here is done twice by being asked twice. Everything throws AgentctlErrors: BALANCER_NO_REPLICA,
 * CAMPAIGNS_UNREACHABLE, CAMPAIGNS_TIMEOUT and those of the service; or the reason of `signal`.
 */
export interface CampaignsClient {
  createCampaign(campaign: CampaignInput, call?: Creation): Promise<Campaign>
  /** The newest first. */
  campaigns(page?: CampaignsPage, call?: CampaignsCall): Promise<CampaignList>
  campaign(id: number, call?: CampaignsCall): Promise<Campaign>
  changeCampaign(id: number, change: CampaignChangeInput, call?: CampaignsCall): Promise<Campaign>
  addRule(campaignId: number, rule: RuleInput, call?: Creation): Promise<Rule>
  changeRule(campaignId: number, ruleId: number, change: RuleChangeInput, call?: CampaignsCall): Promise<Rule>
  /** A dry run: body and answer are those of `POST /rules/test`. */
  testRule(test: z.input<typeof ruleTestBody>, call?: CampaignsCall): Promise<RuleTest>
  /** @param events at most MAX_BATCH, checked by the service one by one; each should have an `event_id` of its own */
  registerEvents(events: readonly unknown[], call?: CampaignsCall): Promise<Batch>
  event(id: string, call?: CampaignsCall): Promise<CampaignEvent>
  earnings(query?: EarningsQuery, call?: CampaignsCall): Promise<EarningList>
  /**
   * @returns the reversal
   * @throws AgentctlError EARNING_REVERSED, also when an earlier try of this call has done it and its answer was lost
   */
  reverseEarning(id: number, reason: string, call?: CampaignsCall): Promise<Earning>
  /** Ends what is under way; what finds the replicas stays open. */
  close(): Promise<void>
}

export interface CampaignsClientOptions {
  replicas: Pick<Balancer, 'acquire'>
  username: string
  password: string
  log: Logger
  /** How many tries may fail before the caller is told (5). Being too busy is no failure. */
  attempts?: number
  /** From 0 to below 1. */
  random?: () => number
}

const DEADLINE = 30_000

type Ask<T> = (http: JsonClient, url: string, call: Call) => Promise<T>

export function createCampaignsClient(options: CampaignsClientOptions): CampaignsClient {
  const { replicas: balancer, username, password, log, attempts: most = 5, random = Math.random } = options
  const http = createJsonClient()
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

  async function ask<T>(call: CampaignsCall, use: Ask<T>, headers: Record<string, string> = {}): Promise<T> {
    const { signal, deadline = Date.now() + DEADLINE, patient, onRetry } = call
    const attempts = createAttempts({
      ...{ balancer, most, deadline, patient, signal, random, judge, explain, late, onRetry, log },
    })
    for (;;) {
      const attempt = await attempts.next()
      try {
        const answer = await use(http, attempt.url, toCall(attempt, signal, { authorization, ...headers }))
        attempt.succeeded()
        return answer
      } catch (error) {
        attempt.failed(error)
      } finally {
        attempt.end()
      }
    }
  }

  const get = <T>(path: string, call: CampaignsCall = {}) =>
    ask<T>(call, (json, url, how) => json.getJson(url + path, how))
  const post = <T>(path: string, body: object, call: CampaignsCall = {}, headers = {}) =>
    ask<T>(call, (json, url, how) => json.postJson(url + path, body, how), headers)
  const patch = <T>(path: string, body: object, call: CampaignsCall = {}) =>
    ask<T>(call, (json, url, how) => json.patchJson(url + path, body, how))
  const create = <T>(path: string, body: object, { key = randomUUID(), ...call }: Creation = {}) =>
    post<T>(path, body, call, { 'idempotency-key': key })

  return {
    createCampaign: (campaign, call) => create('/campaigns', campaign, call),
    campaigns: (page = {}, call) => get(`/campaigns${search({ ...page })}`, call),
    campaign: (id, call) => get(`/campaigns/${id}`, call),
    changeCampaign: (id, change, call) => patch(`/campaigns/${id}`, change, call),
    addRule: (id, rule, call) => create(`/campaigns/${id}/rules`, rule, call),
    changeRule: (id, rule, change, call) => patch(`/campaigns/${id}/rules/${rule}`, change, call),
    testRule: (test, call) => post('/rules/test', test, call),
    registerEvents: (events, call = {}) =>
      ask(call, async (json, url, how) => {
        const answer = await json.postJson<Batch>(`${url}/events/batch`, { events }, how)
        if (answer?.results?.length === events.length) return answer
        throw new ConnectionLost('the service answered without a result for each event')
      }),
    event: (id, call) => get(`/events/${encodeURIComponent(id)}`, call),
    earnings: (query = {}, call) => get(`/earnings${search({ ...query })}`, call),
    reverseEarning: (id, reason, call) => post(`/earnings/${id}/reverse`, { reason }, call),
    close: () => http.close(),
  }
}

function toCall(
  { limit, gone }: Attempt,
  signal: AbortSignal | undefined,
  headers: Record<string, string>,
): Call {
  return { signal, gone, headers, timeout: limit }
}

function search(query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

function late() {
  return campaignsError('CAMPAIGNS_TIMEOUT', 'the time had run out before the service was asked')
}
