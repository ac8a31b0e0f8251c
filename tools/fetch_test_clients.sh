#!/usr/bin/env bash
# Puts the clients that tests/clients_test.py uses and we did not write into .deps/clients, as the lockfile in
# tests/clients pins them, with npm. Run again, it does nothing. `fetch_test_clients.sh --present` only says by its exit
# code whether they are there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pins=tests/clients/package-lock.json
target=.deps/clients

# The pins are copied last, so a folder that has them is whole.
if cmp -s "$pins" "$target/pins.json"; then
    exit 0
fi
if [[ ${1:-} == --present ]]; then
    exit 1
fi
mkdir -p .deps
work=$(mktemp -d .deps/clients.XXXXXX)
trap 'rm -rf "$work"' EXIT
cp tests/clients/package.json "$pins" "$work/"
npm ci --silent --ignore-scripts --no-audit --no-fund --prefix "$work"
cp "$pins" "$work/pins.json"
rm -rf "$target"
mv "$work" "$target"
trap - EXIT
