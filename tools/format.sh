#!/usr/bin/env bash
# Checks that every C++ file is laid out as .clang-format says; `format.sh fix` lays them out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mapfile -d '' files < <(find src tests bench fuzz -name '*.[ch]pp' -print0 2>/dev/null)
if [[ ${1:-} == fix ]]; then
    exec clang-format-19 -i "${files[@]}"
fi
exec clang-format-19 --dry-run --Werror "${files[@]}"
