#!/usr/bin/env python3
"""Counts what Inlet should find in the two files, without Inlet.

    independent_count.py movies_metadata.csv ratings.csv

Prints JSON: for each dataset its rows, how many are accepted and rejected, how many keys they have (the rows of
the table), and the violations by code and field; then how many rows each model should have, when this delivery
is the first. Only Python's
csv module reads the files; the contract of inlet.yaml is written out below a second time, by hand, so
that a mistake in either shows.

The rules, where they need saying:
- A record ends at a line break outside quotes, as in RFC 4180. A quote inside an unquoted field is an
  ordinary character. (Python's csv also ends a record at a lone carriage return.)
- Cells belong to fields by position. Each field without a cell is one `missing-cell` and is not checked
  further; each cell beyond the last field is one `extra-cell`, of no field. All other cells of such a record are
  checked as usual. A line with nothing on it is one `blank-row` and nothing else.
- An empty cell is a null: it breaks `required` and nothing else. A cell of the wrong type is one
  `type-error`; each constraint that a good value breaks is one `constraint-error`.
- Of several records with one key and no other violation, movies (replace) accepts the first, and each later one is a
  `primary-key` violation. Ratings (upsert) accepts all of them, and the last one stands in the table. Records that are
  rejected for another reason neither take a key nor are checked for it.
- A record with any violation is rejected, once, however many it has.
"""

import array
import ast
import collections
import csv
import datetime
import json
import re
import sys

BIGINT_MIN, BIGINT_MAX = -(2**63), 2**63 - 1
INTEGER = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|NaN|-?INF")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LITERALS_KEPT_MAX = 200_000


class WrongType(Exception):
    pass


def integer(text):
    if not INTEGER.fullmatch(text) or not BIGINT_MIN <= int(text) <= BIGINT_MAX:
        raise WrongType
    return int(text)


def number(text):
    if not NUMBER.fullmatch(text):
        raise WrongType
    return float(text)


def boolean(text):
    if text not in ("True", "False"):
        raise WrongType
    return text == "True"


def day(text):
    if not DATE.fullmatch(text):
        raise WrongType
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise WrongType from None


def string(text):
    return text


def literal(kind):
    """A list or a dict, written as JSON or as a Python literal."""
    known = {}

    def parse(text):
        if text in known:
            return known[text]
        try:
            value = json.loads(text)
        except ValueError:
            try:
                value = ast.literal_eval(text.strip())
            except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
                raise WrongType from None
        if not isinstance(value, kind):
            raise WrongType
        if len(known) < LITERALS_KEPT_MAX:
            known[text] = value
        return value

    return parse


def at_least(low):
    return lambda value: value >= low


def at_most(high):
    return lambda value: value <= high


def matches(pattern):
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def one_of(*values):
    return lambda value: value in values


REQUIRED = object()

# name -> (type, constraints)
MOVIES = {
    "adult": (boolean, []),
    "belongs_to_collection": (literal(dict), []),
    "budget": (integer, [at_least(0)]),
    "genres": (literal(list), []),
    "homepage": (string, []),
    "id": (integer, [REQUIRED, at_least(1)]),
    "imdb_id": (string, [matches("tt[0-9]{7,8}")]),
    "original_language": (string, [matches("[a-z]{2}")]),
    "original_title": (string, [REQUIRED]),
    "overview": (string, []),
    "popularity": (number, [at_least(0)]),
    "poster_path": (string, [matches("/.+")]),
    "production_companies": (literal(list), []),
    "production_countries": (literal(list), []),
    "release_date": (day, []),
    "revenue": (integer, [at_least(0)]),
    "runtime": (number, [at_least(0)]),
    "spoken_languages": (literal(list), []),
    "status": (string, [one_of("Rumored", "Planned", "In Production", "Post Production", "Released", "Canceled")]),
    "tagline": (string, []),
    "title": (string, []),
    "video": (boolean, []),
    "vote_average": (number, [at_least(0), at_most(10)]),
    "vote_count": (integer, [at_least(0)]),
}
RATINGS = {
    "userId": (integer, [REQUIRED, at_least(1)]),
    "movieId": (integer, [REQUIRED]),
    "rating": (number, [at_least(0.5), at_most(5)]),
    "timestamp": (integer, []),
}


def records(path, contract):
    """Yields (cells, fields in the order of the file) for each data record."""
    csv.field_size_limit(sys.maxsize)
    with open(path, encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines)
        labels = next(reader)
        if sorted(labels) != sorted(contract):
            sys.exit(f"{path}: the header is {labels}, expected {list(contract)} in any order")
        for cells in reader:
            yield cells, labels


def check(cells, labels, contract, counts):
    """The values of a good record by field name; None, and its violations in `counts`, for another."""
    if not cells:
        counts["blank-row", None] += 1
        return None
    good = True
    values = {}
    for position, name in enumerate(labels):
        if position >= len(cells):
            counts["missing-cell", name] += 1
            good = False
            continue
        text = cells[position]
        kind, constraints = contract[name]
        if text == "":
            values[name] = None
            if REQUIRED in constraints:
                counts["constraint-error", name] += 1
                good = False
            continue
        try:
            value = values[name] = kind(text)
        except WrongType:
            counts["type-error", name] += 1
            good = False
            continue
        for constraint in constraints:
            if constraint is not REQUIRED and not constraint(value):
                counts["constraint-error", name] += 1
                good = False
    for _ in cells[len(labels):]:
        counts["extra-cell", None] += 1
        good = False
    return values if good else None


def report(rows, rejected_alone, repeated, counts, last_one_wins):
    rejected = rejected_alone + (0 if last_one_wins else repeated)
    return {
        "rows": rows,
        "accepted": rows - rejected,
        "rejected": rejected,
        "unique_keys": rows - rejected_alone - repeated,
        "repeated_keys": repeated,
        "counts": [{"code": code, "field": field, "count": count}
                   for (code, field), count in sorted(counts.items(), key=lambda item: (item[0][0], item[0][1] or ""))],
    }


def mentioned_ids(values):
    return {value["id"] for value in values or [] if isinstance(value, dict) and isinstance(value.get("id"), int)}


def count_movies(path):
    counts = collections.Counter()
    rows = rejected = repeated = movie_genres = movie_companies = 0
    movies, genres, companies, collection_ids = set(), set(), set(), set()
    for cells, labels in records(path, MOVIES):
        rows += 1
        values = check(cells, labels, MOVIES, counts)
        if values is None:
            rejected += 1
            continue
        if values["id"] in movies:
            repeated += 1
            continue
        movies.add(values["id"])
        its_genres, its_companies = mentioned_ids(values["genres"]), mentioned_ids(values["production_companies"])
        movie_genres += len(its_genres)
        movie_companies += len(its_companies)
        genres |= its_genres
        companies |= its_companies
        collection_ids |= mentioned_ids([values["belongs_to_collection"]])
    models = {
        "movies": len(movies), "genres": len(genres), "companies": len(companies), "collections": len(collection_ids),
        "movie_genres": movie_genres, "movie_companies": movie_companies,
    }
    if repeated:
        counts["primary-key", "id"] = repeated
    return report(rows, rejected, repeated, counts, last_one_wins=False), models


def count_ratings(path):
    counts = collections.Counter()
    rows = rejected = 0
    rated = set()
    # Keys that fit are packed into one number each and counted part by part, so that the 26 million keys of
    # the full file need 8 bytes each and not a hundred.
    parts = [array.array("Q") for _ in range(64)]
    large = []
    known = {text: float(text) for text in ("0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5", "5",
                                            "1.0", "2.0", "3.0", "4.0", "5.0")}
    digits = re.compile("[1-9][0-9]{0,8}").fullmatch
    usual_labels = list(RATINGS)
    for cells, labels in records(path, RATINGS):
        rows += 1
        # Nearly every record is plainly good; to see that early only saves time.
        if (len(cells) == 4 and cells[2] in known and labels == usual_labels and digits(cells[0]) and digits(cells[1])
                and cells[3].isascii() and cells[3].isdigit() and len(cells[3]) < 19):
            user, movie = int(cells[0]), int(cells[1])
        else:
            values = check(cells, labels, RATINGS, counts)
            if values is None:
                rejected += 1
                continue
            user, movie = values["userId"], values["movieId"]
        rated.add(movie)
        if 0 <= user < 2**32 and 0 <= movie < 2**32:
            parts[user % 64].append(user << 32 | movie)
        else:
            large.append((user, movie))
    repeated = sum(len(part) - len(set(part)) for part in [*parts, large])
    return report(rows, rejected, repeated, counts, last_one_wins=True), {"ratings_per_movie": len(rated)}


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: independent_count.py movies_metadata.csv ratings.csv")
    movies, movie_models = count_movies(sys.argv[1])
    ratings, rating_models = count_ratings(sys.argv[2])
    print(json.dumps({"movies_raw": movies, "ratings": ratings, "models": movie_models | rating_models}, indent=2))


if __name__ == "__main__":
    main()
