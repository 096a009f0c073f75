# One image for every role: `docker run agentctl gateway`, `docker run agentctl worker`, …
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --include=dev --no-fund --no-audit
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY bin bin
COPY src src
RUN node scripts/build.mjs && npm prune --omit=dev --no-fund --no-audit

FROM ${NODE_IMAGE}
ENV NODE_ENV=production AGENTCTL_STATE_DIR=/tmp/agentctl
WORKDIR /app
COPY --from=build /app/package.json /app/oclif.manifest.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/bin bin
COPY --from=build /app/dist dist
USER node
ENTRYPOINT ["node", "/app/bin/agentctl.js"]
CMD ["--help"]
