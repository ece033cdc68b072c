# Restante in a container. Everything is set from the environment (RESTANTE_<SECTION>_<KEY>, see docs/configuration.md);
# what it keeps lies in /data, unless a database and an S3 store elsewhere are named.
ARG NODE=20

FROM node:${NODE}-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
RUN npm install --ignore-scripts
COPY component component
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:${NODE}-bookworm-slim
ENV NODE_ENV=production \
    RESTANTE_WEB_LISTEN=0.0.0.0:8090 \
    RESTANTE_DATABASE_URL=sqlite:/data/restante.db \
    RESTANTE_STORAGE_URL=file:/data/blobs
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
RUN install -d -o node -g node /data
USER node
VOLUME /data
EXPOSE 8090 7625
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:8090/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/restante.js"]
CMD ["serve"]
