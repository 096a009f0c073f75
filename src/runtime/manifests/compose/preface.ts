/** What a reader of the file sees first. */
export const PREFACE = `# Everything with one container per process: \`docker compose up -d --scale worker=5\`.
# Written by \`agentctl export compose\`; docs/deployment.md says what can be set, and what it is for.
#
# Nothing must be set: the ports are open to this machine alone, and the secrets that services share are made at the
# first start. What is set in the environment or in .env beside this file counts instead.
# The images that programs run in are made once: \`docker run --rm -u root -v /var/run/docker.sock:/var/run/docker.sock agentctl images build\`.

`

export const SHARED_COMMENT = {
  role: 'What all roles have in common. They write to /tmp alone.',
  secrets:
    'Makes what services share and nobody else may know, each in a volume of its own; then it is done.',
  settings: 'Handed on to every role, where they are set here or in .env.',
} as const

export const NETWORKS = {
  comment: 'Executors reach neither Redis nor the database, and nobody but they the Docker proxy.',
  networks: { default: {}, executors: { internal: true }, sandbox: { internal: true } },
} as const
