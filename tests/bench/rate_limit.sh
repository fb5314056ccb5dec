#!/usr/bin/env bash
# Calls per second of the limiter, beside the plpgsql upsert that people write, in one run: rounds go through
# all cases in turn, and the best round of each counts. PGHOST is a server that does not have the library
# preloaded, PRELOADED_HOST one that does. BENCH_SECONDS is how long a case runs in a round, BENCH_ROUNDS how
# many rounds there are.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${BENCH_SECONDS:-3}
rounds=${BENCH_ROUNDS:-3}
rows=$PGHOST
shared=$PRELOADED_HOST
export PGDATABASE=bench_rate_limit PGOPTIONS='-c client_min_messages=error'
declare -A best

# measure <host> <script> <clients> <keys>: the best transactions per second so far, into best.
measure() {
    local key="$*" log tps
    log=$(PGHOST=$1 pgbench --no-vacuum --client="$3" --jobs=2 --time="$seconds" --define=keys="$4" \
        --protocol=prepared --file="limits/$2.pgbench" 2>&1) ||
        { printf '%s\n' "$log" >&2; exit 1; }
    tps=$(sed -n 's/^tps = \([0-9.]*\) .*/\1/p' <<<"$log")
    if [ -z "${best[$key]:-}" ] || awk "BEGIN { exit !($tps > ${best[$key]}) }"; then
        best[$key]=$tps
    fi
}

# line <case> <clients> <figure> <peer> <figure of the peer> <target: at least so many times>
line() {
    awk -v name="$1" -v clients="$2" -v figure="$3" -v peer="$4" -v other="$5" -v target="$6" 'BEGIN {
        ratio = figure / other
        verdict = target == "" ? "" : (ratio >= target + 0 ? "met" : "MISSED")
        printf("%-26s %7s %10d  %-18s %8.2f %8s  %s\n", name, clients, figure, peer, ratio, target, verdict)
    }'
}

for host in "$rows" "$shared"; do
    PGHOST=$host createdb "$PGDATABASE"
    PGHOST=$host psql -X -q -v ON_ERROR_STOP=1 -f limits/setup.sql
done
for ((round = 0; round < rounds; round++)); do
    for clients in 1 8; do
        for keys in 1000 1; do
            measure "$rows" plpgsql "$clients" "$keys"
            measure "$rows" rate_limit "$clients" "$keys"
            measure "$shared" rate_limit "$clients" "$keys"
        done
        measure "$shared" no_limit "$clients" 1000
        measure "$shared" check_request "$clients" 1000
    done
done

printf '%-26s %7s %10s  %-18s %8s %8s  %s\n' case clients 'per second' 'compared with' ratio 'at least' target
for clients in 1 8; do
    for keys in 1000 1; do
        plain=${best["$rows plpgsql $clients $keys"]}
        line "plpgsql, $keys keys" "$clients" "$plain" plpgsql "$plain" ''
        line "rows, $keys keys" "$clients" "${best["$rows rate_limit $clients $keys"]}" plpgsql "$plain" ''
        line "shared memory, $keys keys" "$clients" "${best["$shared rate_limit $clients $keys"]}" plpgsql "$plain" 1.2
    done
    none=${best["$shared no_limit $clients 1000"]}
    line 'a request' "$clients" "$none" 'a request' "$none" ''
    line 'a request, checked' "$clients" "${best["$shared check_request $clients 1000"]}" 'a request' "$none" 0.7
done
