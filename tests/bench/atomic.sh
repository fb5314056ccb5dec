#!/usr/bin/env bash
# Transfers per second, beside the plpgsql functions that people write, in one run: rounds go through all
# cases in turn, and the best round of each counts. Each round works on a new copy of the same bank, or it
# would not measure the same thing again; every second one goes through the cases backwards, because what
# comes first after a copy was made is slower. They are short and many: machines become slower or quicker for
# half a minute at a time, and each case has to meet the good ones. BENCH_SECONDS is how long a case runs in a
# round, which are new connections each time: in their first seconds they map the server's memory page by
# page. BENCH_ROUNDS is how many rounds there are, BENCH_ACCOUNTS how many accounts.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${BENCH_SECONDS:-2}
rounds=${BENCH_ROUNDS:-10}
accounts=${BENCH_ACCOUNTS:-100000}
bank=bench_atomic_bank
export PGDATABASE=bench_atomic_transfers
declare -A best

query() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1"; }

# in_turn <case...>: the cases as this round goes through them.
in_turn() {
    if [ $((round % 2)) -eq 0 ]; then printf '%s\n' "$@"; else printf '%s\n' "$@" | tac; fi
}

# keep <key> <figure>: the best so far, in best.
keep() {
    if [ -z "${best[$1]:-}" ] || awk "BEGIN { exit !($2 > ${best[$1]}) }"; then best[$1]=$2; fi
}

# measure <case> <clients> <accounts>: transfers per second.
measure() {
    local log
    # What cannot be serialized, or deadlocks, is tried again, as an application would.
    log=$(pgbench --no-vacuum --client="$2" --jobs=2 --time="$seconds" --max-tries=0 \
        --define=accounts="$3" --protocol=prepared --file="transfers/$1.pgbench" 2>&1) ||
        { printf '%s\n' "$log" >&2; exit 1; }
    keep "$1 $2 $3" "$(sed -n 's/^tps = \([0-9.]*\) .*/\1/p' <<<"$log")"
}

# measure_batch <kind>: transfers per second of one batch of 8,000, from its shortest run.
measure_batch() {
    local ms
    ms=$(psql -X -q -A -t -v ON_ERROR_STOP=1 -v kind="$1" -f transfers/batch.sql)
    keep "batch $1" "$(awk "BEGIN { print 8000 / ($ms / 1000) }")"
}

# line <case> <clients> <figure> <peer> <figure of the peer> <target: at least so many times>
line() {
    awk -v name="$1" -v clients="$2" -v figure="$3" -v peer="$4" -v other="$5" -v target="$6" 'BEGIN {
        ratio = figure / other
        verdict = target == "" ? "" : (ratio >= target + 0 ? "met" : "MISSED")
        printf("%-22s %7s %10d  %-22s %8.2f %8s  %s\n", name, clients, figure, peer, ratio, target, verdict)
    }'
}

createdb "$bank"
psql -X -q -v ON_ERROR_STOP=1 -v accounts="$accounts" -d "$bank" -f transfers/setup.sql
psql -X -q -v ON_ERROR_STOP=1 -d "$bank" -c 'ALTER SYSTEM SET fsync = on' -c 'SELECT pg_reload_conf()' >/dev/null

for ((round = 0; round < rounds; round++)); do
    createdb --template="$bank" "$PGDATABASE"
    query 'CHECKPOINT'
    for clients in 4 16; do
        for name in $(in_turn naive ordered attached created created_keyed); do
            measure "$name" "$clients" "$accounts"
        done
    done
    for name in $(in_turn naive ordered attached created); do measure "$name" 16 10; done
    for kind in $(in_turn spread hot); do measure_batch "$kind"; done
    query "SELECT 'a check of the ledger failed: ' || check_name FROM atomic.verify_ledger('created') WHERE NOT ok"
    dropdb "$PGDATABASE"
done

printf '%-22s %7s %10s  %-22s %8s %8s  %s\n' case clients 'per second' 'compared with' ratio 'at least' target
for clients in 4 16; do
    naive=${best["naive $clients $accounts"]}
    ordered=${best["ordered $clients $accounts"]}
    line naive "$clients" "$naive" naive "$naive" ''
    line ordered "$clients" "$ordered" naive "$naive" ''
    line attached "$clients" "${best["attached $clients $accounts"]}" ordered "$ordered" 1.3
    line created "$clients" "${best["created $clients $accounts"]}" naive "$naive" ''
    line 'created, keyed' "$clients" "${best["created_keyed $clients $accounts"]}" naive "$naive" 1.0
done
naive=${best["naive 16 10"]}
line 'naive, hot' 16 "$naive" naive "$naive" ''
line 'ordered, hot' 16 "${best["ordered 16 10"]}" 'naive, hot' "$naive" ''
line 'attached, hot' 16 "${best["attached 16 10"]}" 'naive, hot' "$naive" 50
line 'created, hot' 16 "${best["created 16 10"]}" 'naive, hot' "$naive" 50
line 'batch of 8,000, spread' 1 "${best["batch spread"]}" '40,000 a second' 40000 1.0
line 'batch of 8,000, hot' 1 "${best["batch hot"]}" '40,000 a second' 40000 1.0
dropdb "$bank"
