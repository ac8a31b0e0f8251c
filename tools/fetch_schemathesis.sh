#!/usr/bin/env bash
# Puts schemathesis into a Python environment of its own, .deps/schemathesis, at the versions that
# tools/schemathesis-pypi.txt pins. Run again, it does nothing. `fetch_schemathesis.sh --present` only says by its exit
# code whether it is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pins=tools/schemathesis-pypi.txt
target=.deps/schemathesis

# The pins are copied last, so an environment that has them is whole.
if cmp -s "$pins" "$target/pins.txt"; then
    exit 0
fi
if [[ ${1:-} == --present ]]; then
    exit 1
fi

rm -rf "$target"
mkdir -p .deps
python3 -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$pins"
cp "$pins" "$target/pins.txt"
