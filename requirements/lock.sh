#!/bin/sh
# Resolves the dependencies into lock files of versions and hashes (no addresses). Usage: lock.sh UV [--upgrade]
set -eu
uv=$1; shift
cd "$(dirname "$0")"
compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate \
        --no-header --no-emit-index-url --no-emit-find-links "$@"
}
compile ../pyproject.toml --extra postgres --group ../pyproject.toml:dev -o dev.lock "$@"
compile ../pyproject.toml build.in -c dev.lock -o run.lock
# what run.lock does not have yet
printf 'dagster-postgres\npsycopg2-binary\n' | compile - --no-deps -c dev.lock -o postgres.lock
echo 'duckdb==1.5.6' | compile - -o duckdb-1.5.lock
