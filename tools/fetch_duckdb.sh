#!/usr/bin/env bash
# Puts DuckDB's library and header into .deps/duckdb-<version>, as tools/duckdb-npm.txt pins them.
# The packages come through npm, so from the registry this machine is set up for. Nothing is kept unless its
# hash is right. Run again, it does nothing. `fetch_duckdb.sh --present` only says by its exit code whether it is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pins=tools/duckdb-npm.txt
target=.deps/duckdb-$(sed -n 's/^version //p' "$pins")

# The pins are copied last, so a folder that has them is whole.
if cmp -s "$pins" "$target/pins.txt"; then
    exit 0
fi
if [[ ${1:-} == --present ]]; then
    exit 1
fi
if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "DuckDB is pinned for Linux on x86_64 only; install libduckdb and configure with -DINLET_SYSTEM_DUCKDB=ON" >&2
    exit 1
fi

mkdir -p .deps
work=$(mktemp -d .deps/fetch.XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir "$work/result"
while read -r package sha512 member destination; do
    echo "fetching $package with npm"
    mkdir "$work/tarball"
    npm pack --silent --ignore-scripts --pack-destination "$work/tarball" "$package" >/dev/null
    tarball=$(echo "$work"/tarball/*.tgz)
    if [[ $(sha512sum <"$tarball") != "$sha512  -" ]]; then
        echo "$package does not have the hash pinned in $pins" >&2
        exit 1
    fi
    tar -xzf "$tarball" -C "$work/tarball" "$member"
    mkdir -p "$work/result/$(dirname "$destination")"
    mv "$work/tarball/$member" "$work/result/$destination"
    rm -r "$work/tarball"
done < <(grep -v -e '^#' -e '^version ' "$pins")
cp "$pins" "$work/result/pins.txt"
rm -rf "$target"
mv "$work/result" "$target"
