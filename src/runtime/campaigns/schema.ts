import { type Generated, type Migrations, sql } from '../platform/sql/index.ts'
import type { Reward } from './messages.ts'

export interface CampaignRow {
  campaign_id: Generated<number>
  name: string
  description: string | null
  description_source: string | null
  status: string
  starts_at: string | null
  ends_at: string | null
  matching: string
  currency: string
  /** Amounts are decimal strings. */
  budget: string | null
  budget_per_user: string | null
  spent: Generated<string>
  /** Idempotency key of whoever made it, and a hash of what was asked for under it. */
  client_key: string | null
  client_hash: string | null
  created_at: Generated<string>
  updated_at: Generated<string>
}

export interface RuleRow {
  rule_id: Generated<number>
  campaign_id: number
  name: string | null
  conditions: Record<string, unknown>
  priority: number
  reward: Reward
  active: Generated<boolean>
  client_key: string | null
  client_hash: string | null
  created_at: Generated<string>
  updated_at: Generated<string>
}

export interface EventRow {
  event_id: string
  user_id: string | null
  merchant_id: string | null
  amount: string | null
  currency: string | null
  occurred_at: string
  data: Record<string, unknown>
  /** Of what was registered: tells a repeat from another event of the same id. */
  content_hash: string
  status: Generated<string>
  matched_rule_id: number | null
  reason: string | null
  detail: string | null
  attempts: Generated<number>
  /** Of a pending event: when it may be claimed, which moves on by the lease with each claim. */
  due_at: Generated<string>
  /** Of a pending event: whose it is at the moment. What another one settles is not taken. */
  claim: string | null
  /** Whether the bus has been told of its end. */
  announced: Generated<boolean>
  registered_at: Generated<string>
  processed_at: string | null
}

/** Rows are only ever added; the database refuses anything else. */
export interface EarningRow {
  earning_id: Generated<number>
  event_id: string
  rule_id: number
  campaign_id: number
  user_id: string | null
  amount: string
  currency: string
  kind: string
  reverses: number | null
  reason: string | null
  created_at: Generated<string>
}

/** What the earnings of a user in a campaign come to; only of campaigns that limit it. Anonymous users are one: ''. */
export interface SpendingRow {
  campaign_id: number
  user_id: string
  spent: string
}

export interface ConfigurationRow {
  name: string
  /** Of a secret: encrypted. */
  value: string
  secret: boolean
  updated_at: Generated<string>
}

/** One row, whose version grows with every change of a campaign or a rule: who has compiled them knows when to do so again. */
export interface RuleSetRow {
  one: Generated<boolean>
  version: number
}

export interface CampaignTables {
  campaigns: CampaignRow
  campaign_rules: RuleRow
  events: EventRow
  earnings: EarningRow
  campaign_spending: SpendingRow
  configuration: ConfigurationRow
  campaign_rule_set: RuleSetRow
}

/** Room whose migrations these are. */
export const ROOM = 'campaigns'

const TABLES = [
  `CREATE TABLE campaigns (
    campaign_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    description text,
    description_source text CHECK (description_source IN ('user', 'llm', 'template')),
    status text NOT NULL CHECK (status IN ('draft', 'active', 'paused', 'ended')),
    starts_at timestamptz,
    ends_at timestamptz,
    matching text NOT NULL CHECK (matching IN ('first_match', 'stackable')),
    currency text NOT NULL,
    budget numeric CHECK (budget >= 0),
    budget_per_user numeric CHECK (budget_per_user >= 0),
    spent numeric NOT NULL DEFAULT 0,
    client_key text UNIQUE,
    client_hash text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT campaigns_dates CHECK (ends_at > starts_at),
    CONSTRAINT campaigns_never_overspent CHECK (spent <= budget)
  )`,
  `CREATE TABLE campaign_rules (
    rule_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id bigint NOT NULL REFERENCES campaigns,
    name text,
    conditions json NOT NULL,
    priority integer NOT NULL,
    reward json NOT NULL,
    active boolean NOT NULL DEFAULT true,
    client_key text,
    client_hash text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (campaign_id, client_key)
  )`,
  `CREATE TABLE events (
    event_id text PRIMARY KEY,
    user_id text,
    merchant_id text,
    amount numeric,
    currency text,
    occurred_at timestamptz NOT NULL,
    data json NOT NULL,
    content_hash text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processed', 'skipped', 'failed')),
    matched_rule_id bigint REFERENCES campaign_rules,
    reason text,
    detail text,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    claim text,
    announced boolean NOT NULL DEFAULT false,
    registered_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz
  )`,
  `CREATE INDEX events_pending ON events (due_at) WHERE status = 'pending'`,
  `CREATE INDEX events_unannounced ON events (processed_at) WHERE status <> 'pending' AND NOT announced`,
  `CREATE TABLE earnings (
    earning_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL REFERENCES events,
    rule_id bigint NOT NULL REFERENCES campaign_rules,
    campaign_id bigint NOT NULL,
    user_id text,
    amount numeric NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('earned', 'reversal')),
    reverses bigint UNIQUE REFERENCES earnings,
    reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'earned') = (reverses IS NULL))
  )`,
  `CREATE UNIQUE INDEX earnings_once ON earnings (event_id, rule_id) WHERE kind = 'earned'`,
  'CREATE INDEX earnings_of_campaigns ON earnings (campaign_id, earning_id)',
  'CREATE INDEX earnings_of_users ON earnings (user_id, earning_id)',
  `CREATE FUNCTION earnings_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'earnings are never changed or removed: reverse them'; END $$`,
  `CREATE TRIGGER earnings_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON earnings
    FOR EACH STATEMENT EXECUTE FUNCTION earnings_are_kept()`,
  `CREATE TABLE campaign_spending (
    campaign_id bigint NOT NULL REFERENCES campaigns,
    user_id text NOT NULL,
    spent numeric NOT NULL,
    PRIMARY KEY (campaign_id, user_id)
  )`,
  `CREATE TABLE configuration (
    name text PRIMARY KEY,
    value text NOT NULL,
    secret boolean NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE campaign_rule_set (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL
  )`,
  'INSERT INTO campaign_rule_set (version) VALUES (1)',
]

export const migrations: Migrations = {
  '001-campaigns': {
    async up(db) {
      for (const statement of TABLES) await sql.raw(statement).execute(db)
    },
    async down(db) {
      await sql
        .raw(
          'DROP TABLE campaign_rule_set, configuration, campaign_spending, earnings, events, campaign_rules, campaigns',
        )
        .execute(db)
      await sql.raw('DROP FUNCTION earnings_are_kept').execute(db)
    },
  },
}
