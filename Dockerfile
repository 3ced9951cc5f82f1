# A component on port 8080, by an unprivileged user on a root that may be read-only:
#   docker build -t wasi-serve .
#   docker run --read-only -p 8080:8080 -v ./app.wasm:/app/app.wasm:ro wasi-serve

# The package as npm would publish it, and what it needs to run in the versions of the lock file.
FROM node:26.10.0-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm pack --pack-destination /tmp
WORKDIR /app/node_modules/wasi-serve
RUN tar -xzf /tmp/wasi-serve-*.tgz --strip-components=1 && cp /src/package-lock.json . && npm ci --omit=dev

FROM node:26.10.0-slim
COPY --from=build /app /app
WORKDIR /app
USER node
EXPOSE 8080
# Node itself is process 1, so that it gets SIGTERM and lets requests finish: for --drain-timeout, as far as `docker stop -t` does.
# No health check: whoever wants one opens a port for it with --admin-addr.
# A guest that holds the process for too long ends it, as process 1 with code 133 (--stall-timeout): have it started again, as by --restart=on-failure.
ENTRYPOINT ["node", "--disable-sigusr1", "--permission", "--allow-net", "--allow-worker", "--allow-fs-read=.", \
  "node_modules/wasi-serve/dist/bin.js", "serve", "--addr", "0.0.0.0:8080"]
CMD ["app.wasm"]
