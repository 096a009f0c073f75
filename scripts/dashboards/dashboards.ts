import { type Dashboard, latency, type Panel, rate } from './panels.ts'

/** Without what lasts as long as its clients like, and what asks after health. */
const REQUESTS = '{route!~"/stream|.*/(stream|live)|/(health|ready|metrics)|/docs.*"}'

const overview: Dashboard = {
  uid: 'agentctl-overview',
  title: 'agentctl: overview',
  panels: [
    {
      title: 'Processes',
      text: 'Those that answer Prometheus.',
      unit: 'short',
      lines: [['sum by (job) (up)', '{{job}}']],
    },
    {
      title: 'Dependencies that are away',
      text: 'How many processes do not reach it.',
      unit: 'short',
      lines: [['count by (dependency) (agentctl_dependency_up == 0) or vector(0)', '{{dependency}}']],
    },
    {
      title: 'Starts within 15 minutes',
      unit: 'short',
      lines: [['sum by (job) (changes(process_start_time_seconds[15m]))', '{{job}}']],
    },
    {
      title: 'Requests',
      unit: 'reqps',
      lines: [[rate('agentctl_http_request_seconds_count', 'role', REQUESTS), '{{role}}']],
    },
    latency('Time to answer', 'agentctl_http_request_seconds', 'role', REQUESTS),
    {
      title: 'Errors of servers',
      unit: 'reqps',
      lines: [[rate('agentctl_http_request_seconds_count', 'role', '{status=~"5.."}'), '{{role}}']],
    },
    {
      title: 'What waits',
      unit: 'short',
      lines: [
        ['max by (pool) (agentctl_chat_queue_depth)', 'chats {{pool}}'],
        ['max by (queue) (agentctl_rag_queue_depth)', '{{queue}}'],
        ['max(agentctl_evaluation_queue_depth)', 'evaluations'],
        ['max(agentctl_campaign_events_pending)', 'events of campaigns'],
      ],
    },
    {
      title: 'Memory',
      unit: 'bytes',
      lines: [['sum by (job) (process_resident_memory_bytes)', '{{job}}']],
    },
    {
      title: 'CPU',
      unit: 'short',
      lines: [[rate('process_cpu_seconds_total', 'job'), '{{job}}']],
    },
    {
      title: 'Lag of the event loop, p99',
      unit: 's',
      lines: [['max by (job) (nodejs_eventloop_lag_p99_seconds)', '{{job}}']],
    },
  ],
}

const chat: Dashboard = {
  uid: 'agentctl-chat',
  title: 'agentctl: chats',
  panels: [
    {
      title: 'Chats started',
      unit: 'ops',
      lines: [[rate('agentctl_chat_runs_started_total'), 'chats']],
    },
    latency('Time of an attempt', 'agentctl_chat_answer_seconds', 'outcome'),
    {
      title: 'Attempts',
      unit: 'ops',
      lines: [[rate('agentctl_chat_answer_seconds_count', 'outcome'), '{{outcome}}']],
    },
    {
      title: 'Chats that wait',
      unit: 'short',
      lines: [['max by (pool) (agentctl_chat_queue_depth)', '{{pool}}']],
    },
    {
      title: 'Chats under way',
      unit: 'short',
      lines: [['sum(agentctl_chat_jobs_running)', 'answered now']],
    },
    {
      title: 'Clients',
      unit: 'short',
      lines: [
        ['sum(agentctl_chat_clients)', 'clients'],
        ['sum(agentctl_chat_streams_followed)', 'streams'],
      ],
    },
    {
      title: 'Messages delivered',
      unit: 'ops',
      lines: [[rate('agentctl_chat_messages_delivered_total'), 'messages']],
    },
    {
      title: 'Features with workers of their own',
      unit: 'short',
      lines: [['max by (state) (agentctl_orchestrator_features)', '{{state}}']],
    },
    {
      title: 'Gaps',
      text: 'Clients that were told that messages are missing. There should be none.',
      unit: 'ops',
      lines: [[rate('agentctl_chat_gaps_total'), 'gaps']],
    },
  ],
}

const evaluations: Dashboard = {
  uid: 'agentctl-evaluations',
  title: 'agentctl: evaluations',
  panels: [
    {
      title: 'Submitted',
      unit: 'ops',
      lines: [[rate('agentctl_evaluations_submitted_total', 'language'), '{{language}}']],
    },
    {
      title: 'Ended',
      unit: 'ops',
      lines: [[rate('agentctl_evaluations_total', 'status, reason'), '{{status}} {{reason}}']],
    },
    latency('From acceptance to the end', 'agentctl_evaluation_seconds', 'status'),
    {
      title: 'Waiting and under way',
      unit: 'short',
      lines: [
        ['max(agentctl_evaluation_queue_depth)', 'wait'],
        ['sum(agentctl_evaluations_running)', 'looked after'],
        ['sum(agentctl_sandbox_running)', 'programs that run'],
        ['sum(agentctl_sandbox_waiting)', 'programs that wait'],
      ],
    },
    latency('Programs, with their sandbox', 'agentctl_sandbox_run_seconds', 'backend'),
    {
      title: 'Attempts lost with their executor',
      unit: 'ops',
      lines: [[rate('agentctl_evaluation_attempts_lost_total'), 'attempts']],
    },
    {
      title: 'Docker proxy',
      unit: 'reqps',
      lines: [
        [rate('agentctl_docker_proxy_requests_total', 'verdict'), '{{verdict}}'],
        [rate('agentctl_docker_proxy_reaped_total', 'why'), 'reaped: {{why}}'],
      ],
    },
    latency('Age of events once they are stored', 'agentctl_storage_lag_seconds'),
    {
      title: 'Storage',
      unit: 'ops',
      lines: [
        [rate('agentctl_storage_rows_total', 'change'), '{{change}}'],
        [rate('agentctl_storage_refused_total'), 'refused'],
      ],
    },
  ],
}

const models: Dashboard = {
  uid: 'agentctl-rag-llm',
  title: 'agentctl: queries and language models',
  panels: [
    {
      title: 'Queries',
      unit: 'reqps',
      lines: [[rate('api_gateway_queries_total', 'status'), '{{status}}']],
    },
    latency('Time to an answer', 'api_gateway_query_latency_seconds'),
    latency('Stages', 'agentctl_rag_stage_seconds', 'stage'),
    {
      title: 'Jobs that wait',
      unit: 'short',
      lines: [['max by (queue) (agentctl_rag_queue_depth)', '{{queue}}']],
    },
    {
      title: 'Requests to models',
      unit: 'reqps',
      lines: [[rate('agentctl_llm_requests_total', 'provider, outcome'), '{{provider}} {{outcome}}']],
    },
    latency('First piece of a stream', 'agentctl_llm_first_token_seconds', 'provider'),
    latency('Whole answers', 'agentctl_llm_request_seconds', 'provider'),
    {
      title: 'Tokens',
      unit: 'short',
      lines: [[rate('agentctl_llm_tokens_total', 'model, direction'), '{{model}} {{direction}}']],
    },
    {
      title: 'Dollars an hour',
      text: 'An estimate, from list prices.',
      unit: 'currencyUSD',
      lines: [[`3600 * ${rate('agentctl_llm_cost_dollars_total', 'model')}`, '{{model}}']],
    },
    {
      title: 'Cache',
      unit: 'ops',
      lines: [[rate('agentctl_llm_cache_total', 'result'), '{{result}}']],
    },
    {
      title: 'Replicas',
      unit: 'short',
      lines: [['max by (replica) (api_gateway_replica_load)', '{{replica}}']],
    },
    breakers(),
  ],
}

const bus: Dashboard = {
  uid: 'agentctl-bus',
  title: 'agentctl: events, campaigns and agents',
  panels: [
    {
      title: 'Published',
      unit: 'ops',
      lines: [[rate('events_published_total', 'event_type'), '{{event_type}}']],
    },
    {
      title: 'Handled',
      unit: 'ops',
      lines: [[rate('events_processed_total', 'status'), '{{status}}']],
    },
    latency('Time of handlers', 'event_processing_seconds', 'event_type'),
    {
      title: 'Still to read',
      unit: 'short',
      lines: [['max by (event_type, group) (events_lag)', '{{event_type}} {{group}}']],
    },
    {
      title: 'Read, and not acknowledged',
      unit: 'short',
      lines: [['max by (event_type, group) (events_pending)', '{{event_type}} {{group}}']],
    },
    {
      title: 'Oldest of these',
      unit: 's',
      lines: [['max by (event_type, group) (events_oldest_pending_seconds)', '{{event_type}} {{group}}']],
    },
    {
      title: 'Dead letters',
      unit: 'short',
      lines: [['max by (event_type) (events_dead_letters)', '{{event_type}}']],
    },
    {
      title: 'Lost, and delivered again',
      unit: 'ops',
      lines: [
        [rate('events_lost_total', 'event_type'), 'lost {{event_type}}'],
        [rate('events_redelivered_total', 'event_type'), 'again {{event_type}}'],
      ],
    },
    {
      title: 'Events of campaigns',
      unit: 'ops',
      lines: [
        [rate('agentctl_campaign_events_total', 'status'), '{{status}}'],
        [rate('agentctl_campaign_earnings_total'), 'earnings'],
      ],
    },
    latency('From registration to the end', 'agentctl_campaign_event_seconds'),
    {
      title: 'Runs of agents',
      unit: 'ops',
      lines: [[rate('agentctl_agent_runs_total', 'agent, outcome'), '{{agent}} {{outcome}}']],
    },
  ],
}

function breakers(): Panel {
  return {
    title: 'Circuit breakers',
    text: '0 closed, 1 half-open, 2 open: left alone.',
    unit: 'short',
    lines: [
      ['max by (replica) (api_gateway_replica_breaker_state)', '{{replica}}'],
      ['max by (provider) (agentctl_llm_breaker_state)', '{{provider}}'],
    ],
  }
}

export const dashboards: readonly Dashboard[] = [overview, chat, evaluations, models, bus]
