#!/bin/sh
# collect.sh FOLDER: static files under their hashed names and the proxy's own pages. Needs no database, no Redis, no secret.
set -eu
mkdir -p "$1"
export DJANGO_SETTINGS_MODULE=portal.settings.base STATIC_ROOT="$1/static" SECRET_KEY=only-while-collecting
"${PYTHON:-python}" -m django collectstatic --noinput --verbosity 0
"${PYTHON:-python}" -m portal.operations.deploy.proxy_pages "$1/proxy-pages"
