#!/usr/bin/env bash
# Shows what Inlet does with the movies example, in a temporary folder: a delivery with every known fault, what was
# rejected and why, what the data says, a corrected delivery, what it changed, and taking it back; then the same as a
# server: small records, a watch folder, an upload that breaks off and goes on.
# $INLET names the program; `./dev demo` sets it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
inlet=${INLET:-$(command -v inlet || true)}
[[ -x $inlet ]] || { echo "demo: \$INLET must name the program; ./dev demo sets it" >&2; exit 2; }
folder=$(mktemp -d "${TMPDIR:-/tmp}/inlet-demo.XXXXXX")
server=
finish() {
    if [[ -n $server ]]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap finish EXIT
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

part "The same as a server" "It takes deliveries in over HTTP and from folders, and answers once they are safely kept."
sed -i 's/settle: 15m/settle: 2s, allow_short_settle: true/' inlet.yaml
mkdir -p in/studio
printf '\n%s$ inlet serve &%s\n' "$cyan" "$plain"
"$inlet" serve --listen 127.0.0.1:0 --json --quiet >serve.json 2>serve.log &
server=$!
for _ in {1..100}; do
    [[ -s serve.json ]] && break
    kill -0 "$server" 2>/dev/null || { cat serve.log >&2; exit 1; }
    sleep 0.1
done
url=$(sed 's/.*"url":"\([^"]*\)".*/\1/' serve.json)
key=$(sed 's/.*"key":"\([^"]*\)".*/\1/' serve.json)
printf 'listening on %s\n' "$url"

# Prints a call without its key, and makes it.
call() {
    local word line=''
    for word in "$@"; do
        word=${word/#$url/\$URL}
        if [[ $word == *[!a-zA-Z0-9_./=:@\$?\&-]* ]]; then line+=" '$word'"; else line+=" $word"; fi
    done
    printf '\n%s$ curl%s%s\n' "$cyan" "$line" "$plain"
    curl -sS -H "Authorization: Bearer $key" "$@"
}

part "Records from a machine" "The answer tells of every record, and comes once it is on the disk."
records="$url/v1/datasets/ratings/records"
call -H 'Content-Type: application/json' -H 'Prefer: wait=10' -d '{"userId": 900001, "movieId": 862, "rating": 4.5}' "$records"
call -H 'Content-Type: application/json' -d '[{"userId": 900002, "movieId": 862, "rating": 9}]' "$records"

part "A file in the studio's folder" "It is taken once it has lain still, here for two seconds, and answered in the outbox."
printf '\n%s$ cp data.zip in/studio/%s\n' "$cyan" "$plain"
cp second/data.zip in/studio/data.zip
for _ in {1..300}; do
    [[ -s in/studio/outbox/data.zip.result.json ]] && break
    sleep 0.1
done
[[ -s in/studio/outbox/data.zip.result.json ]] || { echo "demo: the folder's file was not answered" >&2; cat serve.log >&2; exit 1; }
printf '\n%s$ head -c 300 in/studio/outbox/data.zip.result.json%s\n' "$cyan" "$plain"
head -c 300 in/studio/outbox/data.zip.result.json
printf ' ...\n'

part "An upload that breaks off" "By tus 1.0.0: what the server has is safe, and the rest is all that is sent again."
python3 -m zipfile -e first/data.zip third
file=$(find third -name ratings.csv)
bytes=$(stat -c %s "$file")
tus=(-H 'Tus-Resumable: 1.0.0')
metadata="dataset $(printf ratings | base64),filename $(printf ratings.csv | base64)"
upload=$(curl -sS -o /dev/null -D - -X POST -H "Authorization: Bearer $key" "${tus[@]}" -H "Upload-Length: $bytes" -H "Upload-Metadata: $metadata" \
    "$url/v1/uploads" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
[[ $upload == /* ]] && upload=$url$upload
head -c $((bytes / 2)) "$file" >half
printf '\nupload of %s bytes at %s\n' "$bytes" "${upload/#$url/\$URL}"
if curl -sS --max-time 2 -X PATCH -H "Authorization: Bearer $key" "${tus[@]}" -H 'Content-Type: application/offset+octet-stream' -H 'Upload-Offset: 0' \
    -H "Content-Length: $bytes" --data-binary @half "$upload"; then
    echo "demo: half an upload was taken for the whole" >&2
    exit 1
fi
offset=$(curl -sS -I -H "Authorization: Bearer $key" "${tus[@]}" "$upload" | tr -d '\r' | sed -n 's/^[Uu]pload-[Oo]ffset: //p')
printf 'the line broke; the server has %s bytes\n' "$offset"
[[ $offset == "$(stat -c %s half)" ]] || { echo "demo: what was sent is not what is there" >&2; exit 1; }
tail -c +$((offset + 1)) "$file" >rest
call -o /dev/null -D - -X PATCH "${tus[@]}" -H 'Content-Type: application/offset+octet-stream' -H "Upload-Offset: $offset" -H 'Prefer: wait=30' \
    --data-binary @rest "$upload"
call "$url/v1/submissions?limit=1"

part "Who did what" "Every call that changed something is in a log that is a chain."
kill "$server"
wait "$server" || { echo "demo: the server did not end well" >&2; exit 1; }
server=
run audit --limit 5
run audit verify
run backup "$folder/backup"
run verify

part "Done" "Try it yourself: cd examples/movies, and see its README.md. docs/server.md is about the server, inlet --help lists all commands."
