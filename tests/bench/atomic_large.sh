#!/usr/bin/env bash
# Transfers per second in ledgers with a long past, beside small ones with none, in one run: rounds go
# through all cases in turn, and the best round of each counts. Then the memory of a backend that has made
# many. BENCH_LARGE_ACCOUNTS is how many accounts the large ledgers have, BENCH_LARGE_TRANSFERS how many
# transfers, BENCH_MEMORY_TRANSFERS over how many memory is watched; BENCH_SECONDS and BENCH_ROUNDS as in
# atomic.sh. Ten million transfers take 10 GB of disk, with the log of loading them.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${BENCH_SECONDS:-5}
rounds=${BENCH_ROUNDS:-5}
accounts=${BENCH_LARGE_ACCOUNTS:-1000000}
transfers=${BENCH_LARGE_TRANSFERS:-10000000}
watched=${BENCH_MEMORY_TRANSFERS:-1000000}
small=10000
export PGDATABASE=bench_atomic_large
declare -A best

query() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"; }

# load <script> <ledger> <accounts> <transfers to each>
load() {
    psql -X -q -v ON_ERROR_STOP=1 -v ledger="$2" -v accounts="$3" -v rounds="$4" -f "large/$1.sql"
}

# measure <case> <ledger> <accounts>: the best transfers per second so far, into best.
measure() {
    local key="$1 $2" log tps
    log=$(pgbench --no-vacuum --client=4 --jobs=2 --time="$seconds" --max-tries=0 --define=ledger="$2" \
        --define=accounts="$3" --protocol=prepared --file="large/$1.pgbench" 2>&1) ||
        { printf '%s\n' "$log" >&2; exit 1; }
    tps=$(sed -n 's/^tps = \([0-9.]*\) .*/\1/p' <<<"$log")
    if [ -z "${best[$key]:-}" ] || awk "BEGIN { exit !($tps > ${best[$key]}) }"; then
        best[$key]=$tps
    fi
}

# line <case> <ledger> <peer>
line() {
    awk -v name="$1, $2" -v large="${best["$1 $2"]}" -v small="${best["$1 $3"]}" 'BEGIN {
        printf("%-22s %10d %10d %8.2f %8s  %s\n", name, large, small, large / small, "0.80",
               large / small >= 0.8 ? "met" : "MISSED")
    }'
}

createdb "$PGDATABASE"
# What is loaded need not outlive a crash, nor wait for checkpoints.
query 'ALTER SYSTEM SET fsync = off'
query "ALTER SYSTEM SET max_wal_size = '4GB'"
query 'SELECT pg_reload_conf()' >/dev/null
psql -X -q -v ON_ERROR_STOP=1 -f large/setup.sql
load load_created small "$small" 1
load load_entries small "$small" 1
load load_attached small_tables "$small" 1
started=$SECONDS
load load_entries large "$accounts" $((transfers / accounts)) &
entries=$!
load load_created large "$accounts" $((transfers / accounts))
load load_attached large_tables "$accounts" $((transfers / accounts))
wait "$entries"
vacuumdb --quiet --analyze --jobs=2
# Or the kernel would write what was loaded while speed is measured.
query 'CHECKPOINT'
sync
printf 'loaded twice %s accounts and %s transfers in %s s: %s\n' "$accounts" "$transfers" \
    $((SECONDS - started)) "$(query "SELECT pg_size_pretty(pg_database_size('$PGDATABASE'))")"
query 'ALTER SYSTEM SET fsync = on'
query 'SELECT pg_reload_conf()' >/dev/null

for ((round = 0; round < rounds; round++)); do
    for name in transfer keyed; do
        measure "$name" small "$small"
        measure "$name" large "$accounts"
        measure "$name" small_tables "$small"
        measure "$name" large_tables "$accounts"
    done
done
printf '%-22s %10s %10s %8s %8s  %s\n' case 'per second' "of $small" ratio 'at least' target
for name in transfer keyed; do
    line "$name" large small
    line "$name" large_tables small_tables
done
query "SET work_mem = '256MB';
    SELECT 'a check of the ledger failed: ' || ledger || ': ' || check_name FROM unnest(ARRAY['small', 'large']) ledger, atomic.verify_ledger(ledger) WHERE NOT ok"
psql -X -q -A -t -v ON_ERROR_STOP=1 -v transfers="$watched" -f large/memory.sql
dropdb "$PGDATABASE"
