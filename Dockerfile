# mageshift alone on an empty image: no shell, no PHP, not root. Run it as the owner of the store:
#
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/store" -v mageshift-cache:/cache mageshift check
#
# `docker build .` builds from this source. `--target release` takes finished programs from image/ARCHITECTURE/bin, as the
# release workflow does.

FROM rust:1-alpine AS source
RUN apk add --no-cache musl-dev
WORKDIR /source
COPY . .
# On musl the allocator counts bits by a function of gcc's own library, which Rust does not link by itself.
ENV RUSTFLAGS="-C link-arg=-lgcc"
RUN cargo build --release --locked --features cloud && cp target/release/mageshift /mageshift

# What an empty image lacks: certificates, a place for temporary files, one for the cache that anybody may write to.
FROM debian:12-slim AS surroundings
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && mkdir -p /root-of-image/etc/ssl/certs /root-of-image/tmp /root-of-image/cache /root-of-image/composer /root-of-image/store \
    && cp /etc/ssl/certs/ca-certificates.crt /root-of-image/etc/ssl/certs/ \
    && chmod 1777 /root-of-image/tmp /root-of-image/cache

FROM scratch AS base
COPY --from=surroundings /root-of-image /
# `--env COMPOSER_AUTH` or `--volume ~/.composer:/composer:ro` brings credentials.
ENV MAGESHIFT_CACHE_DIR=/cache COMPOSER_HOME=/composer HOME=/tmp
VOLUME /cache
WORKDIR /store
USER 65532:65532
ENTRYPOINT ["/mageshift"]
CMD ["--help"]

FROM base AS release
ARG TARGETARCH
COPY image/${TARGETARCH}/bin/mageshift /mageshift

FROM base
COPY --from=source /mageshift /mageshift
