#!/usr/bin/env bash
# Alice pays Bob while Bob pays Alice: first two transactions that hold each other's rows wanted,
# then a load of them.
set -euo pipefail
query() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"; }

printf '== 7. Alice pays Bob at the moment at which Bob pays Alice\n\n'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# pay <payer> <payee>: a client's transaction, as a gateway runs it.
pay() {
    cat <<SQL
BEGIN;
SELECT set_config('request.jwt.claims', json_build_object('sub', id_of('user', $1))::text, true) <> '' AS set;
SET LOCAL ROLE authenticated;
SELECT atomic.transfer_funds(id_of('account', $1), id_of('account', $2), 1) ->> 'success' AS success;
COMMIT;
SQL
}
pay 1 2 >"$work/alice.sql"
pay 2 1 >"$work/bob.sql"

before=$(query 'SELECT sum(balance) FROM accounts')
pgbench -n -c 8 -j 2 -t 250 -f "$work/alice.sql" -f "$work/bob.sql" >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}
sed -n -e 's/^number of clients: /clients:                /p' \
    -e 's/^number of transactions actually processed: /transactions:           /p' \
    -e 's/^number of failed transactions: /failed:                 /p' "$work/log"
printf 'written down:           %s\n' "$(query 'SELECT count(*) FROM transactions')"
query 'SELECT pg_stat_force_next_flush()' >/dev/null
printf 'deadlocks:              %s\n' \
    "$(query 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')"
printf 'money before and after: %s, %s\n' "$before" "$(query 'SELECT sum(balance) FROM accounts')"
