# Two images from one file: `portal` (web, worker, beat, prepare) and `proxy` (nginx). docker-compose.yml builds and runs both.
# No secret is needed to build and none gets in: .dockerignore lets only the code through.

FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/opt/venv/bin:$PATH
# What WeasyPrint loads; the same list as in portal/launcher/bootstrap.py.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-vie \
    && rm -rf /var/lib/apt/lists/*

FROM base AS packages
COPY requirements.in requirements.lock portal/operations/deploy/leave_out.py /tmp/
# Everything by version and hash, ready-made; then out with what only tests and the demonstration need.
RUN python -m venv /opt/venv \
    && pip install --no-cache-dir --disable-pip-version-check --only-binary=:all: --no-deps --require-hashes -r /tmp/requirements.lock \
    && python /tmp/leave_out.py /tmp/requirements.in > /tmp/superfluous \
    && pip uninstall --yes --quiet --requirement /tmp/superfluous \
    && python -m compileall -q /opt/venv

FROM base AS portal
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
# Code and static files belong to root and are only read. What the portal writes lies in mounts: files in /srv/files, the rest in memory.
RUN python -m compileall -q . \
    && sh portal/operations/deploy/collect.sh /srv/collected \
    && useradd --system --uid 10001 --user-group --no-create-home portal \
    && install -d -o portal -g portal -m 0700 /srv/files /srv/var/run /run/metrics
ENV DJANGO_SETTINGS_MODULE=portal.settings.production \
    VAR=/srv/var FILES_ROOT=/srv/files STATIC_ROOT=/srv/collected/static \
    HOME=/tmp XDG_CACHE_HOME=/tmp/cache
USER 10001:10001
EXPOSE 8000

FROM debian:bookworm-slim AS proxy
RUN apt-get update \
    && apt-get install -y --no-install-recommends nginx-light \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10002 --user-group --no-create-home proxy-portal
COPY --from=portal /srv/collected /srv/collected
COPY portal/operations/deploy/nginx.conf portal/operations/deploy/headers.conf portal/operations/deploy/to_portal.conf portal/operations/deploy/proxy.sh /etc/portal-proxy/
USER 10002:10002
EXPOSE 8080 8443
ENTRYPOINT ["sh", "/etc/portal-proxy/proxy.sh"]
