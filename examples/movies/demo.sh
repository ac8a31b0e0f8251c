#!/usr/bin/env bash
# Shows what Inlet does with the movies example, in a temporary folder: a delivery with every known fault, what was
# rejected and why, what the data says, a corrected delivery, what it changed, and taking it back.
# $INLET names the program; `./dev demo` sets it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
inlet=${INLET:-$(command -v inlet || true)}
[[ -x $inlet ]] || { echo "demo: \$INLET must name the program; ./dev demo sets it" >&2; exit 2; }
folder=$(mktemp -d "${TMPDIR:-/tmp}/inlet-demo.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cp -r "$here/inlet.yaml" "$here/models" "$here/views" "$folder"
cd "$folder"

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' cyan=$'\e[36m' plain=$'\e[0m'
else
    bold='' cyan='' plain=''
fi

# A heading, and what to look for below it.
part() {
    printf '\n%s%s%s\n' "$bold" "$1" "$plain"
    if [[ -n ${2:-} ]]; then
        printf '%s\n' "$2"
    fi
}

# Prints a command line as a person would type it, and runs it.
run() {
    local word line=''
    for word in "$@"; do
        if [[ $word == *[!a-zA-Z0-9_./=-]* ]]; then
            line+=" \"$word\""
        else
            line+=" $word"
        fi
    done
    printf '\n%s$ inlet%s%s\n' "$cyan" "$line" "$plain"
    "$inlet" "$@"
}

part "A provider's delivery" \
    "data.zip holds 3,000 movies and 20,000 ratings, made here with every fault of the real files."
python3 -B "$here/generate.py" --movies 3000 --ratings 20000 --zip --out first >/dev/null
python3 -B "$here/generate.py" --movies 3000 --ratings 20000 --zip --corrected --out second >/dev/null
run check
run load first/data.zip

part "What was wrong, record by record" \
    "Every failing cell is found. The rejects are the sender's own records, byte for byte, to correct and send again."
run errors 1 --part 2 --limit 5 --quiet
run rejects 1 --part 2 --output ratings-rejects.csv
printf '\n%s$ head -n 4 ratings-rejects.csv%s\n' "$cyan" "$plain"
head -n 4 ratings-rejects.csv

part "What the data says" "SQL over two raw tables, seven models and six views, all of one version."
run query "SELECT year, genre, releases, popularity FROM most_popular_genre_by_year ORDER BY year DESC LIMIT 5"
run query "SELECT genre, releases, revenue, profit FROM by_genre ORDER BY revenue DESC LIMIT 5"

part "The corrected delivery, a day later"
run load second/data.zip

part "What it changed"
run diff ratings 1 2 --limit 5
run diff companies 1 2

part "And taken back" "As if the second delivery had never come; the undo is a version too, and can be undone."
run undo 2
run diff ratings 1 3
run query "SELECT count(*) AS ratings FROM ratings"
run query "SELECT count(*) AS ratings FROM ratings" --as-of 2
run versions ratings

part "Done" "Try it yourself: cd examples/movies, and see its README.md. inlet --help lists all commands."
