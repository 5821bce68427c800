#!/bin/sh
# Run once, by the superuser, on an empty server. Darkroom connects as a plain role that owns its database: superusers
# and BYPASSRLS roles walk through row-level security, so it refuses them. Backups need a role that may read past it.
set -eu
psql --set=ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set=password="$DARKROOM_DATABASE_PASSWORD" --set=backup_password="$DARKROOM_BACKUP_PASSWORD" <<'SQL'
CREATE ROLE darkroom LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB PASSWORD :'password';
CREATE DATABASE darkroom OWNER darkroom;
REVOKE ALL ON DATABASE darkroom FROM PUBLIC;
CREATE ROLE darkroom_backup LOGIN NOSUPERUSER BYPASSRLS NOCREATEROLE NOCREATEDB PASSWORD :'backup_password';
GRANT pg_read_all_data TO darkroom_backup;
GRANT CONNECT ON DATABASE darkroom TO darkroom_backup;
SQL
