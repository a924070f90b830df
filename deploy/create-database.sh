#!/bin/sh
# Makes the role and the database of duo-flows, where they are missing; a changed password is taken over. Run by Compose.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set password="$DUOFLOWS_DATABASE_PASSWORD" --dbname postgres <<'SQL'
SELECT 'CREATE ROLE duo_flows LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'duo_flows') \gexec
ALTER ROLE duo_flows PASSWORD :'password';
SELECT 'CREATE DATABASE duo_flows OWNER duo_flows' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'duo_flows') \gexec
REVOKE CONNECT ON DATABASE duo_flows FROM PUBLIC;
SQL
