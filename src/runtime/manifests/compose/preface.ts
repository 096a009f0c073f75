/** What a reader of the file sees first. */
export const PREFACE = `# Everything with one container per process: \`docker compose up -d --scale worker=5\`.
# Written by \`agentctl export compose\`; docs/deployment.md says what can be set, and what it is for.
#
# Nothing must be set to try it out: the ports are open to this machine alone, and the secrets are well known.
# Before others can reach it, put secrets of your own into .env beside this file:
#   for name in AGENTCTL_EXECUTOR_TOKEN AGENTCTL_DOCKER_PROXY_TOKEN DB_PASSWORD API_PASSWORD; do
#     echo "$name=$(openssl rand -hex 24)"; done >> .env
# The images that programs run in are made once: \`docker compose run --rm docker-proxy images build\`.

`

export const SHARED_COMMENT = {
  role: 'What all roles have in common. They write to /tmp alone.',
  settings: 'Handed on to every role, where they are set here or in .env.',
} as const

export const NETWORKS = {
  comment: 'Executors reach neither Redis nor the database, and nobody but they the Docker proxy.',
  networks: { default: {}, executors: { internal: true }, sandbox: { internal: true } },
} as const
