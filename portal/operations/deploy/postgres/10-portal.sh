#!/bin/sh
# Run once by the PostgreSQL image when it makes the database: the portal's role, which owns its database and is no superuser.
# Also to be run by hand against a server that stands already: PGHOST=… POSTGRES_USER=… PORTAL_DATABASE_PASSWORD=… sh 10-portal.sh
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --set password="${PORTAL_DATABASE_PASSWORD:?}" --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE portal LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE portal OWNER portal TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE portal FROM PUBLIC;
SQL
