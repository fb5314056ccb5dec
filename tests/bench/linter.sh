#!/usr/bin/env bash
# The audit beside the Python linter pgrls, over the same 1,000 tables with 4,000 policies, rounds in
# turn, each on a fresh connection. Left out with a note where the linter cannot be installed.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=../../pgrx-config/versions.env
. ../../pgrx-config/versions.env

venv=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/rowguard/pgrls-$PGRLS_VERSION
if [ ! -x "$venv/bin/pgrls" ] && ! {
    python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "pgrls==$PGRLS_VERSION"
} >/dev/null 2>&1; then
    rm -rf "$venv"
    echo "linter: pgrls $PGRLS_VERSION cannot be installed here, and is left out"
    exit 0
fi

export PGDATABASE=bench_linter
createdb "$PGDATABASE"
psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION rowguard' -f include/catalog.psql \
    -c 'CALL bench.fill(1, 1000)'

ours() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "SELECT count(*) FROM rls.audit('{bench}')"; }
theirs() {
    # 1 says that it found something.
    "$venv/bin/pgrls" lint --database-url "postgresql:///$PGDATABASE?host=$PGHOST&user=$PGUSER" \
        --schemas bench --format json || [ $? -eq 1 ]
}
declare -A best
for _ in 1 2 3; do
    for tool in ours theirs; do
        started=$EPOCHREALTIME
        "$tool" >/dev/null
        took=$(awk "BEGIN { print $EPOCHREALTIME - $started }")
        if [ -z "${best[$tool]:-}" ] || awk "BEGIN { exit !($took < ${best[$tool]}) }"; then
            best[$tool]=$took
        fi
    done
done
printf 'linter: rowguard %.2f s, pgrls %s %.2f s, %.0f times as long\n' "${best[ours]}" \
    "$PGRLS_VERSION" "${best[theirs]}" "$(awk "BEGIN { print ${best[theirs]} / ${best[ours]} }")"
