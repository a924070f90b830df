#!/bin/sh
# Makes Temporal's two databases and their tables, or brings them to this version. Run by Compose with Temporal's admin tools.
set -eu

schema() {
  temporal-sql-tool --plugin postgres12 --ep "$SQL_HOST" --port 5432 --user "$SQL_USER" --db "$1" "$2" $3
}

for database in temporal:temporal temporal_visibility:visibility; do
  name=${database%%:*}
  schema "$name" create ""
  schema "$name" setup-schema "--version 0.0"
  schema "$name" update-schema "--schema-dir /etc/temporal/schema/postgresql/v12/${database##*:}/versioned"
done
