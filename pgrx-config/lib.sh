# shellcheck shell=bash
# Sourced by every script here: where things are, how steps are told, how a throwaway server runs.

set -euo pipefail
umask 022

# The whole tree of scripts works from the top of the checkout.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

# A server started with it sends backtraces to its clients.
unset RUST_BACKTRACE
export LC_ALL=C

# shellcheck source=versions.env
. "$ROOT/pgrx-config/versions.env"

CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/rowguard
TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}
case $TARGET_DIR in
    /*) ;;
    *) TARGET_DIR=$ROOT/$TARGET_DIR ;;
esac
export CARGO_TARGET_DIR=$TARGET_DIR
SO=$TARGET_DIR/release/librowguard.so

VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)

# --- Telling -----------------------------------------------------------------------------------

# One line per step, with the time since this script began.
say() { printf '[%d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    shift
    if [ $# -gt 0 ]; then printf '    %s\n' "$@" >&2; fi
    exit 1
}

# --- Counting ----------------------------------------------------------------------------------

PASSED=0
FAILED=0

pass() { PASSED=$((PASSED + 1)); }

# Counts a failure and says what failed; the rest of the arguments are files that say why.
fail() {
    local file
    FAILED=$((FAILED + 1))
    say "FAILED: $1"
    shift
    for file in "$@"; do if [ -s "$file" ]; then cat "$file"; fi; done
}

# check <name> <command...>: one check, by exit status.
check() {
    local name=$1 log=$WORK/check.log
    shift
    say "$name"
    if "$@" >"$log" 2>&1; then pass; else fail "$name" "$log"; fi
}

# Keeps what a failed suite wrote, for a closer look.
keep() {
    local dir=$TARGET_DIR/test-pg$PG_MAJOR/$1
    rm -rf "$dir"
    mkdir -p "${dir%/*}"
    cp -r "$2" "$dir"
    say "kept: $dir"
}

# compare <name> <expected> <actual>: one check, that two files are equal.
compare() {
    if diff -u "$2" "$3" >"$3.diff" 2>&1; then
        pass
    else
        fail "$1 differs from $2" "$3.diff"
        keep "${1%%:*}" "$(dirname "$3")"
    fi
}

# The closing line, which others read; nothing counted is no success.
close_count() {
    say "done"
    printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
    [ "$FAILED" -eq 0 ] && [ "$PASSED" -gt 0 ]
}

# Cargo shows its progress to people, and keeps quiet in logs.
cargo_run() {
    if [ -t 2 ]; then cargo "$@"; else cargo "$1" --quiet "${@:2}"; fi
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# --- Which PostgreSQL --------------------------------------------------------------------------

# True when the pg_config in $1 belongs to an installation that can build, serve and test.
pg_complete() {
    local bindir
    [ -x "$1" ] || return 1
    bindir=$("$1" --bindir)
    [ -x "$bindir/postgres" ] && [ -x "$bindir/initdb" ] && [ -x "$bindir/psql" ] &&
        [ -f "$("$1" --includedir-server)/postgres.h" ] &&
        [ -x "$(pg_test_dir "$1")/regress/pg_regress" ] &&
        [ -x "$(pg_test_dir "$1")/isolation/pg_isolation_regress" ]
}

# The directory that holds regress/ and isolation/.
pg_test_dir() { printf '%s/../test' "$(dirname "$("$1" --pgxs)")"; }

pg_major_of() { "$1" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/'; }

# Sets PG_CONFIG and PG_MAJOR. First what the caller asks for, then the default version where it
# lies on Debian and Ubuntu, then a complete pg_config on the PATH; else what setup will install.
find_pg() {
    local asked=${PG_MAJOR:-} found
    if [ -n "${PG_CONFIG:-}" ]; then
        found=$(command -v "$PG_CONFIG") || die "PG_CONFIG=$PG_CONFIG cannot be run"
        PG_CONFIG=$found
    else
        PG_CONFIG=/usr/lib/postgresql/${asked:-$PG_MAJOR_DEFAULT}/bin/pg_config
        if [ -z "$asked" ] && ! pg_complete "$PG_CONFIG" && found=$(command -v pg_config) &&
            supported "$(pg_major_of "$found")" && pg_complete "$found"; then
            PG_CONFIG=$found
        fi
    fi
    if [ -x "$PG_CONFIG" ]; then
        PG_MAJOR=$(pg_major_of "$PG_CONFIG") || die "$PG_CONFIG does not answer as pg_config does"
        [ -z "$asked" ] || [ "$asked" = "$PG_MAJOR" ] ||
            die "PG_MAJOR=$asked, but $PG_CONFIG belongs to PostgreSQL $PG_MAJOR"
    else
        PG_MAJOR=${asked:-$PG_MAJOR_DEFAULT}
    fi
    supported "$PG_MAJOR" || die "PostgreSQL $PG_MAJOR is not supported; supported are $PG_MAJORS"
    # Not PG_CONFIG itself: scripts called from here ask again, and may only be told of one that the
    # user named.
    export PGRX_PG_CONFIG_PATH=$PG_CONFIG
    FEATURES=(--no-default-features --features "pg$PG_MAJOR")
}

supported() { case " $PG_MAJORS " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

# Servers' programs lie outside an ordinary user's PATH.
find_pgbouncer() { PATH=$PATH:/usr/local/sbin:/usr/sbin command -v pgbouncer; }

# Chromium, or a browser that is one.
find_chromium() {
    local name
    for name in ${CHROMIUM:-chromium chromium-browser google-chrome}; do
        ! command -v "$name" || return 0
    done
    return 1
}

# --- Building ----------------------------------------------------------------------------------

# Everything is compiled in the release profile, unit tests and lints included: the artifact under
# test is the one that users get, and the dependencies are compiled once instead of twice.
build_so() {
    cargo_run build --release --locked "${FEATURES[@]}" &&
        printf '%s\n' "$PG_MAJOR" >"$SO.major"
}

# All majors are linked into the same file, so whoever needs it holds this lock from the build to
# the last use. Closed before a server starts: servers would inherit and keep it.
lock_target() {
    mkdir -p "$TARGET_DIR"
    exec {TARGET_LOCK}>"$TARGET_DIR/.rowguard.lock"
    flock "$TARGET_LOCK"
}

unlock_target() { exec {TARGET_LOCK}>&-; }

# Installs a maintainers' tool into the cache directory unless it is there, and sets TOOL to it. A
# debug build: it compiles in a third of the time, and what these tools do takes a second.
install_tool() {
    local dir=$CACHE/$1-$2 lock
    TOOL=$dir/bin/$1
    [ ! -x "$TOOL" ] || return 0
    say "installing $1 $2 into $dir (takes minutes, once)"
    mkdir -p "$CACHE"
    exec {lock}>"$dir.lock"
    flock "$lock"
    if [ ! -x "$TOOL" ]; then
        CARGO_TARGET_DIR=$dir.build cargo_run install --debug --locked --root "$dir" \
            --version "=$2" "$1" || return 1
        rm -rf "$dir.build"
    fi
    exec {lock}>&-
}

# Sets CHROMIUM and NODE_TOOLS for the scripts of tests/report, whose packages are installed into the
# cache directory unless they are there.
browser_tools() {
    local dir lock
    CHROMIUM=$(find_chromium) || die "there is no Chromium; pgrx-config/setup --browser installs it"
    dir=$CACHE/report-$(sha256sum <tests/report/package-lock.json | head -c 16)
    export CHROMIUM NODE_TOOLS=$dir
    [ ! -e "$dir" ] || return 0
    say "installing what tests/report/package.json names into $dir"
    mkdir -p "$CACHE"
    exec {lock}>"$dir.lock"
    flock "$lock"
    if [ ! -e "$dir" ]; then
        rm -rf "$dir.new"
        mkdir "$dir.new"
        cp tests/report/package.json tests/report/package-lock.json tests/report/.npmrc "$dir.new/"
        npm ci --prefix "$dir.new" --no-audit --no-fund --loglevel=error >&2 && mv "$dir.new" "$dir" ||
            return 1
    fi
    exec {lock}>&-
}

# --- Throwaway servers -------------------------------------------------------------------------

# Makes WORK, a directory of this run alone, removed at exit together with the servers. Under /tmp:
# a socket's path may not be longer than 107 bytes.
make_work() {
    WORK=$(mktemp -d /tmp/rowguard.XXXXXX)
    chmod 755 "$WORK"
    SERVERS=()
    trap clean_work EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

clean_work() {
    local status=$?
    trap '' HUP INT TERM
    stop_servers
    rm -rf "$WORK"
    exit "$status"
}

# A PostgreSQL of our own below WORK/root, with the extension in it: PostgreSQL finds its libraries
# and its share directory relative to its executables as long as the tree keeps its shape. So
# nothing is installed into the system, no root is needed, and runs do not meet. The executables
# are copies (a link would be resolved to the original place), all else are links.
stage_server() {
    local bindir libdir sharedir
    bindir=$("$PG_CONFIG" --bindir)
    libdir=$("$PG_CONFIG" --pkglibdir)
    sharedir=$("$PG_CONFIG" --sharedir)
    PG_BIN=$WORK/root$bindir
    mkdir -p "$PG_BIN" "$WORK/root$libdir" "$WORK/root$sharedir/extension"
    cp -L "$bindir"/* "$PG_BIN/"
    ln -s -t "$WORK/root$libdir" "$libdir"/*
    find "$sharedir" -mindepth 1 -maxdepth 1 ! -name extension \
        -exec ln -s -t "$WORK/root$sharedir" {} +
    ln -s -t "$WORK/root$sharedir/extension" "$sharedir"/extension/*
    rm -f "$WORK/root$libdir/rowguard.so" "$WORK/root$sharedir"/extension/rowguard{.control,--*}
    copy_extension "$WORK/root$libdir" "$WORK/root$sharedir/extension"
    export PATH=$PG_BIN:$PATH
}

# Copies the built extension: $1 the library directory, $2 the extension directory.
copy_extension() {
    install -m 755 "$SO" "$1/rowguard.so"
    install -m 644 rowguard.control sql/rowguard--*.sql "$2/"
}

# Servers refuse to run as root, so root runs them as postgres; anybody else as himself.
as_server_user() {
    if is_root; then
        setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        "$@"
    fi
}

# Makes directories that belong to the servers' user alone.
server_dirs() {
    mkdir -m 700 "$@"
    if is_root; then
        id postgres >/dev/null 2>&1 || die "there is no user postgres to run the server as"
        chown postgres: "$@"
    fi
}

# start_server <name> [line of configuration...]: makes a cluster in WORK/<name> and starts it, with no
# TCP port.
start_server() {
    local dir=$WORK/$1
    mkdir "$dir"
    server_dirs "$dir/data"
    (cd / && as_server_user "$PG_BIN/initdb" --pgdata="$dir/data" --username=postgres \
        --auth=trust --encoding=UTF8 --no-locale --no-sync) >"$dir/initdb.log" 2>&1 ||
        { cat "$dir/initdb.log" >&2; die "initdb failed"; }
    cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
$(printf '%s\n' "${@:2}")
CONF
    run_server "$dir"
}

# Runs the cluster that lies in $1/data, with its socket in $1/socket, and points PGHOST and PGUSER
# at it.
run_server() {
    server_dirs "$1/socket"
    unset PGPORT PGDATABASE PGSERVICE PGOPTIONS PGPASSWORD PGSSLMODE PGHOSTADDR
    export PGHOST=$1/socket PGUSER=postgres
    spawn INT "$1/server.log" "$PG_BIN/postgres" -D "$1/data" -c unix_socket_directories="$1/socket"
    wait_until "the server in $1 answers" "$1/server.log" pg_isready --quiet
}

# spawn <signal> <log> <command...>: starts a server as a child of this script, to be stopped by the
# signal. Should the script die without a chance to clean up, the kernel sends it.
spawn() {
    local signal=$1 log=$2 as=(setpriv --pdeathsig="$1")
    shift 2
    if is_root; then as+=(--reuid=postgres --regid=postgres --init-groups); fi
    # The subshell is replaced, so that the server itself is the child.
    (cd / && exec "${as[@]}" -- "$@") </dev/null >"$log" 2>&1 &
    SERVERS+=("$signal $!")
}

# wait_until <what> <log> <command...>: for a minute at most, and only while the server that was
# started last runs.
wait_until() {
    local what=$1 log=$2 tries=600
    shift 2
    until "$@"; do
        if ! kill -0 "${SERVERS[-1]#* }" 2>/dev/null || [ $((tries -= 1)) -eq 0 ]; then
            cat "$log" >&2
            die "waited in vain until $what"
        fi
        sleep 0.1
    done
}

# Stops the server that was started last.
stop_server() {
    local server=${SERVERS[-1]}
    unset 'SERVERS[-1]'
    kill -s "${server% *}" "${server#* }" 2>/dev/null || true
    wait "${server#* }" 2>/dev/null || true
}

# The last one first: it may depend on those before it.
stop_servers() { while [ ${#SERVERS[@]} -gt 0 ]; do stop_server; done; }

# A backend that crashes takes its test along, but a crash at its end would pass unseen.
no_crash() {
    ! grep -E 'PANIC|terminated by signal|was terminated by exception|TRAP:' "$WORK"/*/server.log
}

# build_and_start [<setting>...]: builds, then makes the server of this run with the extension at hand.
build_and_start() {
    say "build: cargo build --release for PostgreSQL $PG_MAJOR"
    lock_target
    build_so
    make_work
    stage_server
    unlock_target
    say "server: a throwaway cluster in $WORK"
    start_server server "$@"
}

# --- The demo's steps, for `make demo` and for the tests ------------------------------------------

# The steps in their order: psql scripts, and executables where one session is not enough.
demo_steps() {
    [ ! -d tests/demo ] || find tests/demo -maxdepth 1 -name '[0-9][0-9]_*' \
        \( -name '*.sql' -o -name '*.sh' \) | sort
}

# Runs step $1 against PGDATABASE. Scripts come in on standard input, so that errors that are part
# of the show carry no file name in front.
demo_step() {
    case $1 in
        *.sql) (cd tests/demo && psql -X -q -v ON_ERROR_STOP=1 -P pager=off <"${1##*/}" 2>&1) ;;
        *.sh) (cd tests/demo && "./${1##*/}" 2>&1) </dev/null ;;
    esac
}

# Writes the page of the application of PGDATABASE to $1.
demo_report() { psql -X -q -A -t -v ON_ERROR_STOP=1 -f tests/demo/report.sql -o "$1"; }
