# One image for every role: `docker run agentctl gateway`, `docker run agentctl worker`, …
# Any image with Node 24 or newer and bash will do as a base.
ARG NODE_IMAGE=node:24-bookworm-slim

# What is the same whatever the files come from. Nothing in /app is ever written to: the root may be read-only.
FROM ${NODE_IMAGE} AS base
# A cache of compiled code would be kept in /tmp, which is memory, and gone with the container.
ENV NODE_ENV=production NODE_DISABLE_COMPILE_CACHE=1 AGENTCTL_STATE_DIR=/tmp/agentctl
WORKDIR /app
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["/app/health"]
ENTRYPOINT ["node", "/app/bin/agentctl.js"]
CMD ["--help"]
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000

# From a tree that is built and installed, for engines that reach no registry of packages:
# `node scripts/image-tree.mjs /tmp/tree && docker build --target from-tree -f Dockerfile /tmp/tree`.
FROM base AS from-tree
COPY --chown=1000:1000 data /data
COPY app /app

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --include=dev --no-fund --no-audit
COPY . .
RUN node scripts/build.mjs && node scripts/image-tree.mjs /image

FROM base
COPY --from=build --chown=1000:1000 /image/data /data
COPY --from=build /image/app /app
