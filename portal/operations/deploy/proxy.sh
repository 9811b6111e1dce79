#!/bin/sh
# Fills nginx.conf in from the environment and becomes nginx (with arguments: nginx with those, e.g. `proxy.sh -t` only checks).
#
#   PROXY_HOSTS            hosts of the portal, blanks between them; the same as ALLOWED_HOSTS     (needed)
#   PROXY_CERTIFICATE      PEM: the certificate and those that lead to its root         (/etc/portal/tls/fullchain.pem)
#   PROXY_CERTIFICATE_KEY  PEM, readable by the user that runs this                     (/etc/portal/tls/key.pem)
#   PROXY_UPSTREAM         host:port of gunicorn; a name may lead to several, or several with blanks between them   (web:8000)
#   PROXY_RESOLVER         who resolves that name                                       (127.0.0.11, the container engine's)
#   PROXY_HTTP, PROXY_HTTPS    where to listen: port, or address:port                   (8080, 8443)
#   PROXY_PORT_IN_ADDRESS  ":port" when the world does not reach us on 443              (empty)
#   PROXY_TOKEN_HTTPS      where tokens knock (docs/operations.md): port, or address:port          (empty: nowhere)
#   PROXY_PAGES            folder with static/ and proxy-pages/, made by collect.sh     (/srv/collected)
#   PROXY_STATE            folder in memory for bodies, answers and kept pages          (/run/proxy)
#   PROXY_ACCESS_LOG, PROXY_ERROR_LOG                                                   (/dev/stdout, stderr)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
state=${PROXY_STATE:-/run/proxy}
umask 077

fill() { # fill NAME VALUE: a sed rule; a value may hold anything but a line break
    printf 's|@%s@|%s|g\n' "$1" "$(printf '%s' "$2" | sed 's/[\\&|]/\\&/g')"
}

upstream=${PROXY_UPSTREAM:-web:8000}
machines=
case $upstream in
*' '*)
    for machine in $upstream; do machines="$machines server $machine max_fails=1 fail_timeout=2s;"; done
    machines="upstream machines {$machines }"
    upstream=machines
    ;;
esac

{
    fill HOSTS "${PROXY_HOSTS:?name the hosts of the portal}"
    fill CERTIFICATE_KEY "${PROXY_CERTIFICATE_KEY:-/etc/portal/tls/key.pem}"
    fill CERTIFICATE "${PROXY_CERTIFICATE:-/etc/portal/tls/fullchain.pem}"
    fill UPSTREAM "$upstream"
    fill MACHINES "$machines"
    fill RESOLVER "${PROXY_RESOLVER:-127.0.0.11}"
    fill HTTP "${PROXY_HTTP:-8080}"
    fill HTTPS "${PROXY_HTTPS:-8443}"
    fill TOKEN_HTTPS "${PROXY_TOKEN_HTTPS:-}"
    [ -n "${PROXY_TOKEN_HTTPS:-}" ] || printf '/# token-begin/,/# token-end/d\n'
    fill PORT_IN_ADDRESS "${PROXY_PORT_IN_ADDRESS:-}"
    fill PAGES "${PROXY_PAGES:-/srv/collected}"
    fill STATE "$state"
    fill ACCESS_LOG "${PROXY_ACCESS_LOG:-/dev/stdout}"
    fill ERROR_LOG "${PROXY_ERROR_LOG:-stderr}"
} > "$state/rules.sed"
sed -f "$state/rules.sed" "$here/nginx.conf" > "$state/nginx.conf"
# nginx looks for included files beside the main one.
cp "$here/headers.conf" "$here/to_portal.conf" "$state"

exec nginx -p "$state" -c "$state/nginx.conf" -e "${PROXY_ERROR_LOG:-stderr}" -g 'daemon off;' "$@"
