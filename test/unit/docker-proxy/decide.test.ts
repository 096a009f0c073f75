import { describe, expect, it } from 'vitest'
import { decide } from '../../../src/runtime/docker-proxy/policy/routes.ts'
import { parseTarget } from '../../../src/runtime/docker-proxy/policy/target.ts'

const ID = 'a'.repeat(64)
const verdict = (request: string) => {
  const [method = '', target = ''] = request.split(' ')
  return decide(method, parseTarget(target))
}

describe('requests that are let through', () => {
  it.each([
    ['GET /_ping', 'ping'],
    ['HEAD /_ping', 'ping'],
    ['GET /v1.41/_ping', 'ping'],
    ['GET /version', 'version'],
    ['GET /v1.24/containers/json?all=1&limit=5', 'list'],
    ['POST /containers/create?name=agentctl-eval-abc_1-D-1', 'create'],
    ['POST /v1.50/containers/create?name=agentctl-pool-x9&platform=', 'create'],
    [`POST /containers/${ID}/start`, 'start'],
    [`POST /containers/${ID}/attach?stream=1&stdin=1&stdout=true&stderr=1&logs=0&hijack=true`, 'attach'],
    [`POST /containers/${ID}/wait?condition=next-exit`, 'wait'],
    [`POST /containers/${ID}/kill?signal=SIGKILL`, 'kill'],
    [`POST /containers/${ID}/kill`, 'kill'],
    ['GET /containers/agentctl-eval-abc-1/json', 'inspect'],
    [`DELETE /containers/${ID.slice(0, 12)}?force=true&v=1`, 'remove'],
  ])('%s', (request, kind) => {
    const decision = verdict(request)
    expect(decision.kind === 'container' ? decision.action : decision.kind).toBe(kind)
  })

  it('shows containers of evaluations alone, whatever was asked for', () => {
    const asked = JSON.stringify({ label: ['agentctl.owner=executor-1'], status: ['running'] })
    const { query } = verdict(`GET /containers/json?filters=${encodeURIComponent(asked)}`)
    expect(JSON.parse(query.get('filters') as string)).toEqual({
      label: ['agentctl.owner=executor-1', 'agentctl.deadline'],
      status: ['running'],
    })
    const plain = verdict('GET /containers/json')
    expect(JSON.parse(plain.query.get('filters') as string)).toEqual({ label: ['agentctl.deadline'] })
  })
})

describe('requests that are refused', () => {
  it.each([
    // What else the API can do.
    `POST /containers/${ID}/exec`,
    `POST /exec/${ID}/start`,
    `GET /containers/${ID}/archive?path=/`,
    `PUT /containers/${ID}/archive?path=/`,
    `HEAD /containers/${ID}/archive`,
    `GET /containers/${ID}/export`,
    `GET /containers/${ID}/logs?stdout=1`,
    `GET /containers/${ID}/top`,
    `GET /containers/${ID}/stats`,
    `GET /containers/${ID}/changes`,
    `GET /containers/${ID}/attach/ws`,
    `POST /containers/${ID}/rename?name=x`,
    `POST /containers/${ID}/update`,
    `POST /containers/${ID}/stop`,
    `POST /containers/${ID}/restart`,
    `POST /containers/${ID}/pause`,
    `POST /containers/${ID}/resize?h=1&w=1`,
    'POST /containers/prune',
    'POST /commit?container=x',
    'POST /build',
    'POST /session',
    'POST /grpc',
    'GET /images/json',
    'POST /images/create?fromImage=alpine',
    'POST /images/load',
    'GET /images/get',
    'DELETE /images/agentctl-python',
    'GET /volumes',
    'POST /volumes/create',
    'POST /networks/create',
    `POST /networks/none/connect`,
    'GET /events',
    'GET /info',
    'GET /system/df',
    'POST /auth',
    'POST /swarm/init',
    'GET /services',
    'GET /secrets',
    'POST /plugins/pull',
    'GET /distribution/alpine/json',
    'GET /',
    'GET /v1.41/',
    // The right path in another way.
    'POST /version',
    'GET /containers/create?name=agentctl-eval-a-1',
    `GET /containers/${ID}/start`,
    `POST /containers/${ID}`,
    `PUT /containers/${ID}`,
    'PATCH /_ping',
    'OPTIONS /_ping',
    `post /containers/${ID}/start`,
    // Paths that others might read differently.
    'GET //_ping',
    'GET /_ping/',
    'GET /./_ping',
    `GET /containers/${ID}/../json`,
    `GET /containers/../info`,
    `GET /containers/%2e%2e/info`,
    `GET /containers/${ID}%2fjson`,
    `POST /containers/${ID}/%73tart`,
    'GET /_PING',
    'GET /v1.41/v1.41/_ping',
    'GET /v2.0/_ping',
    'GET /v1.41%2f_ping',
    'GET \\_ping',
    'GET http://localhost/_ping',
    'GET localhost:80',
    'GET *',
    'GET /_ping#x',
    'GET /_ping;x=1',
    `GET /containers/${ID}\u0000/json`,
    // Names and ids.
    'GET /containers/postgres/json',
    'DELETE /containers/abcdef',
    'DELETE /containers/abc?force=1',
    'POST /containers/create',
    'POST /containers/create?name=',
    'POST /containers/create?name=evil',
    'POST /containers/create?name=agentctl-eval-a',
    'POST /containers/create?name=agentctl-eval-a-0',
    'POST /containers/create?name=agentctl-eval-a.b-1',
    `POST /containers/create?name=agentctl-eval-${'a'.repeat(65)}-1`,
    'POST /containers/create?name=agentctl-pool-',
    'POST /containers/create?name=agentctl-eval-a-1&name=evil',
    'POST /containers/create?name=agentctl-eval-a-1&platform=windows',
    'POST /containers/create?name=agentctl-eval-a-1&Image=x',
    // Queries.
    `POST /containers/${ID}/start?detachKeys=ctrl-c`,
    `POST /containers/${ID}/attach?stream=2`,
    `POST /containers/${ID}/attach?detachKeys=a`,
    `POST /containers/${ID}/wait?condition=x`,
    `POST /containers/${ID}/kill?signal=STOP`,
    `POST /containers/${ID}/kill?signal=kill`,
    `POST /containers/${ID}/kill?signal=KILL&signal=STOP`,
    `DELETE /containers/${ID}?link=1`,
    `GET /containers/${ID}/json?size=1`,
    `GET /_ping?x=1`,
    'GET /containers/json?before=x',
    `GET /containers/json?__proto__=1`,
    'GET /containers/json?limit=-1',
    'GET /containers/json?filters=x',
    'GET /containers/json?filters=[]',
    `GET /containers/json?filters=${encodeURIComponent('{"volume":["x"]}')}`,
    `GET /containers/json?filters=${encodeURIComponent('{"label":["secret"]}')}`,
    `GET /containers/json?filters=${encodeURIComponent('{"label":["agentctl.eval=x\\n"]}')}`,
    `GET /containers/json?filters=${encodeURIComponent('{"label":["agentctl.eval"],"Label":["x"]}')}`,
    `GET /containers/json?filters=${encodeURIComponent('{"label":[["x"]]}')}`,
    `GET /${'a'.repeat(3_000)}`,
  ])('%s', (request) => {
    expect(() => verdict(request)).toThrow(
      expect.objectContaining({ code: 'DOCKER_PROXY_REFUSED', status: 403 }),
    )
  })
})
