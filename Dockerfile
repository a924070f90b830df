# The worker and the web app in one image: `worker`, `web` and every other command of duoflow.
# BASE: any Debian-like image with Python 3.11 or later; git is added where it is missing.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python3 -m venv /opt/duo-flows
WORKDIR /src
# What runs is pinned by hash; what builds the package is too, and stays behind.
COPY requirements-runtime.lock requirements.lock ./
RUN /opt/duo-flows/bin/python -m pip install --quiet --require-hashes --requirement requirements-runtime.lock \
 && python3 -m venv /opt/build \
 && /opt/build/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock
COPY . .
RUN /opt/build/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /opt/duo-flows/bin/python -m pip install --quiet --no-deps --no-index /wheel/*.whl

FROM ${BASE}
RUN command -v git >/dev/null || { apt-get update -qq \
 && apt-get install -qq -y --no-install-recommends git ca-certificates && rm -rf /var/lib/apt/lists/*; }
COPY --from=build /opt/duo-flows /opt/duo-flows
COPY deploy/healthy /usr/local/bin/healthy
RUN useradd --system --uid 10001 --home-dir /data duo-flows && mkdir -p /data && chown duo-flows /data
USER duo-flows
WORKDIR /data
VOLUME /data
ENV PATH=/opt/duo-flows/bin:$PATH PYTHONUNBUFFERED=1 \
    DUOFLOWS_CONTENT_DIR=/data/contents DUOFLOWS_HOOK_SECRETS_DIR=/data/hook-secrets DUOFLOWS_GIT_CACHE_DIR=/tmp/duo-flows-git
EXPOSE 8080
ENTRYPOINT ["duoflow"]
CMD ["--help"]
