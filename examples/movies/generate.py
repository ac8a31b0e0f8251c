#!/usr/bin/env python3
"""Makes movies_metadata.csv and ratings.csv in the shape of the real movies files, at any size.

    generate.py --movies N --ratings M --out DIR [--zip] [--faults all|none] [--corrected]
                [--bad-share S] [--seed K]

The same arguments give the same bytes. Python 3.11 and its standard library are enough, and memory does
not grow with the number of records: they are made and written in blocks.

N and M are data records as an RFC 4180 reader counts them; 0 leaves that file out. With
`--faults all` the files hold the known faults of the real ones (see FAULTS below); with
`--corrected` the same delivery is written again with every fault mended, a few ratings changed and a
few records added, as a provider would send it a day later. `--bad-share 0.01` instead makes that share of
the rating records break one type or one constraint each, spread evenly; it is meant for benchmarks.

FAULTS, in movies_metadata.csv: three records split in two by a line break that nobody quoted, so that
the first half has 10 cells and the second has 15, nine columns too far to the left, with stray text
in `adult` and a date in `id`; ids that occur twice, half of them in records that are equal and half
in records that are not; an empty `popularity` here and there (which the contract allows).
In ratings.csv: a rating of 7.5 (six times, four of them in a row), no userId (2), text in movieId
(2), one cell too many (1), one too few (1); and, no fault but a second thought, a key given twice (2).
"""

import argparse
import base64
import csv
import itertools
import json
import math
import pathlib
import random
import sys
import time
import zipfile
from datetime import date, timedelta
from fractions import Fraction

MOVIE_COLUMNS = [
    "adult", "belongs_to_collection", "budget", "genres", "homepage", "id", "imdb_id",
    "original_language", "original_title", "overview", "popularity", "poster_path",
    "production_companies", "production_countries", "release_date", "revenue", "runtime",
    "spoken_languages", "status", "tagline", "title", "video", "vote_average", "vote_count",
]
OVERVIEW = MOVIE_COLUMNS.index("overview")
POPULARITY = MOVIE_COLUMNS.index("popularity")
REVENUE = MOVIE_COLUMNS.index("revenue")
RELEASE_DATE = MOVIE_COLUMNS.index("release_date")
TAGLINE = MOVIE_COLUMNS.index("tagline")
VOTE_COUNT = MOVIE_COLUMNS.index("vote_count")

# Where the real file (45,466 records) is broken: the second half of each split record, counted from
# 0, its release date (which lands in `id`), the text before and after the line break, its tagline.
REAL_MOVIES = 45_466
SPLITS = [
    (19_730, "1997-08-20", "Soldiers force a captured engineer to help them cross the border",
     " - Skrevet av Ørjan Ås", ""),
    (29_503, "2012-09-29", "The last chapter of the story.",
     " A gambler comes back to the casino that ruined her to close her account for good.", ""),
    (35_587, "2014-01-01", "Something moves under the snow.",
     " A ski holiday turns into a nightmare when the mountain itself begins to hunt.",
     "Mind The White"),
]
REAL_REPEATED_IDS = 30

# id, name, and how often among 5,000 real movies.
GENRES = [
    (18, "Drama", 2430), (35, "Comedy", 1770), (10749, "Romance", 980), (53, "Thriller", 960),
    (28, "Action", 900), (80, "Crime", 660), (12, "Adventure", 610), (27, "Horror", 560),
    (878, "Science Fiction", 480), (10751, "Family", 470), (14, "Fantasy", 360), (9648, "Mystery", 330),
    (10402, "Music", 250), (36, "History", 220), (10752, "War", 210), (16, "Animation", 200),
    (99, "Documentary", 180), (37, "Western", 130), (10769, "Foreign", 130), (10770, "TV Movie", 40),
]
COUNTRIES = [
    ("US", "United States of America", 3300), ("GB", "United Kingdom", 520), ("FR", "France", 330),
    ("DE", "Germany", 200), ("IT", "Italy", 170), ("CA", "Canada", 160), ("JP", "Japan", 70),
    ("ES", "Spain", 60), ("HK", "Hong Kong", 55), ("SE", "Sweden", 30), ("RU", "Russia", 25),
    ("CI", "Cote D'Ivoire", 4), ("LA", "Lao People's Democratic Republic", 3),
]
LANGUAGES = [
    ("en", "English", 4300), ("fr", "Français", 420), ("es", "Español", 300), ("de", "Deutsch", 260),
    ("it", "Italiano", 210), ("ru", "Pусский", 130), ("ja", "日本語", 100), ("zh", "普通话", 60),
    ("ar", "العربية", 40), ("he", "עִבְרִית", 20), ("hi", "हिन्दी", 20), ("pl", "Polski", 25),
    ("sv", "svenska", 30), ("tr", "Türkçe", 10), ("gd", "", 5),
]
STATUSES = ["Released", "Rumored", "Post Production", "In Production", "Planned", "Canceled", ""]
STATUS_WEIGHTS = [45_014, 230, 98, 20, 15, 2, 87]

NAMES = [
    "Ada", "Zoë", "Núria", "Åsa", "Łukasz", "Søren", "Inés", "Jürgen", "Ayşe", "Čeněk", "Maeve", "Tomás",
    "Otto", "Ngozi", "Hélène", "Bálint", "Ruth", "Sam", "O'Hara", "Mr. Pell", "Yuki", "Björn", "Lin", "Omar",
]
ADJECTIVES = [
    "Quiet", "Crooked", "Golden", "Last", "Hidden", "Paper", "Broken", "Electric", "Winter", "Second", "Blind",
    "Painted", "Restless", "Unlikely", "Northern", "Burning", "Silent", "Salt", "Iron", "Borrowed",
]
NOUNS = [
    "Harbour", "Orchard", "Letter", "Machine", "Summer", "Detective", "Garden", "River", "Promise", "Wedding",
    "Mirror", "Train", "Lighthouse", "Kingdom", "Island", "Thief", "Sister", "Shadow", "Circus", "Clock",
    "Bridge", "Market", "Captain", "Song",
]
PLACES = [
    "Lisbon", "São Paulo", "Kraków", "the desert", "Malmö", "New York", "the coast", "Kyōto", "Dublin", "the moon",
    "a town without a name", "Besançon", "the archive", "Yaoundé",
]
ROLES = [
    "a retired surgeon", "a young clerk", "an out-of-work magician", "the new teacher", "a stubborn pilot",
    "a night porter", "two brothers", "a forger", "an orphaned fiddler", "the mayor's daughter", "a translator",
]
DEEDS = [
    "discovers a map that nobody was meant to find", "must choose between the truth and an old friend",
    "is drawn into a theft that has already happened", "returns after twenty years, and is not welcome",
    "learns to live with a ghost who pays no rent", "takes the wrong suitcase",
    "bets everything on a horse named \"Tomorrow\"", "falls in love by letter", "goes to war with the weather",
    "finds that the past isn't done yet", "leads the village against the dam", "tries to sell the same house twice",
]
TURNS = [
    "Then the telephone rings.", "But the others, of course, have plans of their own.", "It gets worse from here.",
    "Everyone says \"it can't be done\"; nobody says why.", "What follows is funny, and a little sad.",
    "Based on the author's own letters.", "Only the dog knows — and the dog isn't talking.",
    "Für alle, die noch träumen.", "The price is higher than anyone thought...", "Nothing will be the same.",
]
TAGLINES = [
    "Some doors open once.", "He had a plan. She had a better one.", "Don't look down.", "Love, lies, and lemonade.",
    "The truth is \"out of order\".", "This summer, stay inside.", "Every family has one.", "Who's counting?",
    "One night. One train. No brakes.", "Ça commence aujourd'hui.", "You'll wish you had stayed home",
]
COMPANY_FIRST = [
    "Bluebird", "Nordlys", "Étoile", "Paragon", "Three Oaks", "Lanterna", "Zénith", "Harbor Light", "Kestrel", "Müller",
    "Red Door", "D'Angelo", "Workin' Dog", "Ostrava", "Señal", "Tin Roof", "Öresund", "Cathay", "Vertigo", "Mirador",
]
COMPANY_LAST = [
    "Pictures", "Films", "Film AB", "Productions", "Entertainment", "Studios", "Film GmbH", "Cinéma", "Filmproduktion",
    "Media Group", "Pictures, Inc.", "& Sons", "Films (II)", "Télévision",
]
# Names whose Python literal needs an escape: both kinds of quotes, a no-break space, a backslash, a tab.
COMPANY_ODD = ["L'Atelier \"Noir\"", "Grand\xa0Large Films", "Back\\Slash Pictures", "Tab\tStop Media", "Zero\u200bWidth"]
FOREIGN_TITLES = [
    "Das gläserne Haus", "La última canción", "Les Étés d'autrefois", "七つの影", "花样的夏天", "Отражение", "Ο φάρος",
    "Il mare, di notte", "Världens ände", "여름의 끝", "हवा का घर", "Żółty pociąg", "المرآة", "O Relógio",
]


# --- movies ---------------------------------------------------------------------------------------


def literal_forms(value):
    """The same value as the real file mostly writes it (a Python literal), and as JSON."""
    return repr(value), json.dumps(value, ensure_ascii=True)


def draw_texts(rng, templates, count):
    return [rng.choice(templates)(rng) for _ in range(count)]


def make_sentences(rng):
    templates = [
        lambda r: f"{r.choice(NAMES)}, {r.choice(ROLES)}, {r.choice(DEEDS)}.",
        lambda r: f"In {r.choice(PLACES)}, {r.choice(ROLES)} {r.choice(DEEDS)}.",
        lambda r: f"When {r.choice(NAMES)} leaves for {r.choice(PLACES)}, {r.choice(NAMES)} {r.choice(DEEDS)}.",
        lambda r: f"{r.choice(ROLES).capitalize()} {r.choice(DEEDS)} while {r.choice(NAMES)} {r.choice(DEEDS)}.",
        lambda r: f"The \"{r.choice(ADJECTIVES)} {r.choice(NOUNS)}\" has been lost since 19{r.randrange(10, 99)}.",
        lambda r: r.choice(TURNS),
    ]
    return draw_texts(rng, templates, 4000)


def make_titles(rng):
    templates = [
        lambda r: f"The {r.choice(ADJECTIVES)} {r.choice(NOUNS)}",
        lambda r: f"{r.choice(ADJECTIVES)} {r.choice(NOUNS)}",
        lambda r: f"{r.choice(NAMES)}'s {r.choice(NOUNS)}",
        lambda r: f"The {r.choice(NOUNS)} of {r.choice(PLACES)}",
        lambda r: f"Goodbye, {r.choice(NAMES)}",
        lambda r: f"{r.choice(NAMES)} & {r.choice(NAMES)}",
        lambda r: f"{r.choice(NOUNS)} {r.randrange(2, 5)}: The {r.choice(ADJECTIVES)} {r.choice(NOUNS)}",
        lambda r: f"\"{r.choice(NOUNS)}\" and Other Lies",
    ]
    return draw_texts(rng, templates, 8000)


def weighted_lists(rng, entries, sizes, size_weights, count):
    """`count` lists of distinct entries, as pairs of literal forms; entries are (value, weight)."""
    values = [value for value, _ in entries]
    weights = list(itertools.accumulate(weight for _, weight in entries))
    forms = []
    for size in rng.choices(sizes, size_weights, k=count):
        chosen = {}
        while len(chosen) < size:
            index = rng.choices(range(len(values)), cum_weights=weights)[0]
            chosen[index] = values[index]
        forms.append(literal_forms(list(chosen.values())))
    return forms


def poster_path(rng):
    return "/" + base64.b64encode(rng.randbytes(21), altchars=b"Qz")[:27].decode() + ".jpg"


def base_movies(seed, count):
    """Yields `count` good movies as lists of 24 cells. The n-th is the same whatever `count` is, as
    long as the size of the pools below (which follow from `scale`) is the same."""
    scale = 1 << max(0, count).bit_length()
    rng = random.Random(f"{seed}/movies/{scale}")
    rand = rng.random
    sentences = make_sentences(rng)
    titles = make_titles(rng)

    # Tastes change: each decade prefers other genres, so that the views by year have something to say.
    genre_pools = []
    for decade in range(12):
        entries = [
            ({"id": key, "name": name}, weight * (1 + 0.9 * math.sin(decade * 1.1 + place)))
            for place, (key, name, weight) in enumerate(GENRES)
        ]
        genre_pools.append(weighted_lists(rng, entries, range(8), [105, 1017, 1688, 1381, 609, 168, 26, 7], 300))
    country_pool = weighted_lists(
        rng, [({"iso_3166_1": key, "name": name}, weight) for key, name, weight in COUNTRIES],
        range(6), [339, 3734, 673, 171, 49, 34], 500)
    language_pool = weighted_lists(
        rng, [({"iso_639_1": key, "name": name}, weight) for key, name, weight in LANGUAGES],
        range(6), [186, 3586, 813, 274, 96, 45], 500)
    language_keys = [key for key, _, _ in LANGUAGES]
    language_weights = list(itertools.accumulate(weight for _, _, weight in LANGUAGES))

    company_count = max(40, min(24_000, scale // 2))
    companies = []
    for place in range(company_count):
        if place % 97 == 5:
            name = COMPANY_ODD[place // 97 % len(COMPANY_ODD)]
        else:
            name = f"{rng.choice(COMPANY_FIRST)} {rng.choice(COMPANY_LAST)}"
        companies.append(literal_forms({"name": name, "id": 3 + 4 * place}))
    collections = []
    for place in range(max(10, scale // 30)):
        title = f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}"
        name = f"{rng.choice(NAMES)}'s {title} Collection" if rand() < 0.1 else f"The {title} Collection"
        collections.append(literal_forms({
            "id": 100 + 7 * place, "name": name,
            "poster_path": None if rand() < 0.08 else poster_path(rng),
            "backdrop_path": None if rand() < 0.16 else poster_path(rng)}))

    # Ids look random and are distinct: the multiples of one number modulo a prime.
    id_modulus = next_prime(10 * scale + 1000)
    id_step = rng.randrange(id_modulus // 3, id_modulus // 2)
    company_sizes = list(itertools.accumulate([561, 1727, 1365, 817, 281, 106, 68, 40, 30, 5]))

    for place in range(count):
        form = 1 if rand() < 0.021 else 0
        movie_id = 1 + (place + 1) * id_step % id_modulus

        year = 2017 - int(98 * rand() ** 1.7)
        released = "" if rand() < 0.002 else (date(year, 1, 1) + timedelta(days=int(365 * rand()))).isoformat()
        genres = genre_pools[(year - 1915) // 10][int(300 * rand())][form]

        size = rng.choices(range(10), cum_weights=company_sizes)[0]
        chosen = {int(company_count * rand() ** 2): None for _ in range(size)}
        made_by = "[" + ", ".join([companies[index][form] for index in chosen]) + "]"
        collection = collections[int(len(collections) * rand() ** 1.5)][form] if rand() < 0.1 else ""

        language = "en" if rand() < 0.75 else rng.choices(language_keys, cum_weights=language_weights)[0]
        title = titles[int(8000 * rand())]
        original = title if language == "en" else FOREIGN_TITLES[int(len(FOREIGN_TITLES) * rand())]

        draw = rand()
        if draw < 0.004:
            overview = ""
        elif draw < 0.007:
            overview = "No overview found."
        elif draw < 0.0075:
            overview = " "
        else:
            glue = "\n" if draw > 0.98 else "\n\n" if draw > 0.97 else " "
            first, parts = int(3994 * rand()), 1 + int(7 * rand() ** 1.5)
            overview = glue.join(sentences[first:first + parts])

        fame = math.exp(rng.gauss(0.6, 1.4))
        popularity = repr(round(fame if rand() > 0.001 else fame * 1e-5, 6))
        votes = int(fame * fame * 4 * rand())
        score = "0.0" if votes == 0 else f"{min(10.0, max(0.5, rng.gauss(6.1, 1.2))):.1f}"
        budget = 0 if rand() < 0.56 else int(10 ** (5 + 3 * rand())) // 10_000 * 10_000
        revenue = 0 if rand() < 0.55 else int((budget or 5_000_000) * math.exp(rng.gauss(0.4, 1.1)))
        draw = rand()
        runtime = "" if draw < 0.006 else "0.0" if draw < 0.02 else f"{max(3, int(rng.gauss(100, 21)))}.0"

        yield [
            "True" if rand() < 0.0002 else "False", collection, str(budget), genres,
            f"http://www.movie{movie_id}.com/" if rand() < 0.17 else "", str(movie_id),
            f"tt{place + 1:07d}" if rand() > 0.0004 else "", language, original, overview, popularity,
            poster_path(rng) if rand() > 0.0085 else "", made_by, country_pool[int(500 * rand())][form], released,
            str(revenue), runtime, language_pool[int(500 * rand())][form],
            "Released" if rand() < 0.99 else rng.choices(STATUSES, STATUS_WEIGHTS)[0],
            TAGLINES[int(len(TAGLINES) * rand())] if rand() < 0.45 else "", title,
            "True" if rand() < 0.002 else "False", score, str(votes),
        ]


def next_prime(at_least):
    number = at_least | 1
    while any(number % divisor == 0 for divisor in range(3, math.isqrt(number) + 1, 2)):
        number += 2
    return number


def movie_plan(records):
    """What the faulty file of `records` records holds where: the records that are the second half of a
    split, and the records that repeat an earlier id, as {position: index of the base movie}."""
    splits = {int(real * records / REAL_MOVIES): text for real, *text in SPLITS}
    repeats = max(2, round(REAL_REPEATED_IDS * records / REAL_MOVIES))
    taken = {position + shift for position in splits for shift in (-1, 0, 1)}
    positions = {}
    for number in range(repeats):
        position = int(records * (number + 0.6) / repeats)
        while position in taken:
            position += 1
        taken.add(position)
        positions[position] = int(position * 0.45)
    return splits, positions


def movie_records(seed, records, faults, corrected):
    if not faults and not corrected:
        yield from base_movies(seed, records)
        return
    splits, repeats = movie_plan(records)
    added = 3
    movies = base_movies(seed, records - len(splits) - len(repeats) + added)
    unpopular = max(1, records // 5)
    remembered = {}
    base = 0
    sources = set(repeats.values())
    passed_over = set()
    position = 0
    while position < records:
        if position in repeats:
            if not corrected:
                copy = list(remembered[repeats[position]])
                # Every second one is not equal to the first but a newer reading of the same movie.
                if list(repeats).index(position) % 2 == 1:
                    copy[VOTE_COUNT] = str(int(copy[VOTE_COUNT]) + 1)
                yield copy
            position += 1
            continue
        movie = next(movies)
        if position + 1 in splits:
            released, before, after, tagline = splits[position + 1]
            movie[RELEASE_DATE], movie[TAGLINE], movie[REVENUE] = released, tagline, "0"
            movie[OVERVIEW] = before + "\n" + after
            # A split record is rejected, so repeating its id would break nothing: repeat the next one's.
            passed_over.add(base)
            if corrected:
                yield movie
            else:
                yield movie[:OVERVIEW] + [before]
                yield [after] + movie[OVERVIEW + 1:]
            position += 2
        else:
            if base % unpopular == unpopular // 2 and not corrected:
                movie[POPULARITY] = ""
            for source in sources & {base, *passed_over}:
                remembered[source] = movie
            passed_over.clear()
            yield movie
            position += 1
        base += 1
    if corrected:
        yield from movies


def write_movies(path, seed, records, faults, corrected):
    written = 0
    with open(path, "w", encoding="utf-8", newline="", buffering=4 << 20) as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(MOVIE_COLUMNS)
        rows = movie_records(seed, records, faults, corrected)
        while block := list(itertools.islice(rows, 2000)):
            writer.writerows(block)
            written += len(block)
    return written


# --- ratings --------------------------------------------------------------------------------------

RATING_HEADER = b"userId,movieId,rating,timestamp\n"
RATED_MOVIES = 45_115
POOL_SIZES = [8, 16, 24, 36, 54, 80, 120, 180, 270, 400, 600, 900, 1400, 2200, 3600]
POOLS_PER_SIZE = 120
BLOCK_BYTES = 4 << 20


class RatingPool:
    """The ratings of one imagined user, ready to be cut anywhere: a run of movies in the order of their ids,
    as text with marks where a real user's id (0x01) and the leading digits of the time (0x02) go.
    Cutting a piece and replacing two marks makes a user's hundred lines in a few microseconds."""

    def __init__(self, seed, movies, size, number):
        rng = random.Random(f"{seed}/ratings/{movies}/{size}/{number}")
        rand = rng.random
        chosen = set()
        while len(chosen) < size:
            chosen.add(int(movies * rand() ** 2))
        text = []
        self.starts = [0]
        length = 0
        strictness = rng.gauss(3.55, 0.45)
        for index in sorted(chosen):
            # MovieLens numbers its older movies densely and its newer ones with gaps.
            movie = index + 1 if index < 8000 else 8001 + (index - 8000) * 9 // 2
            liked = strictness + (index * 7919 % 101 - 50) / 60 + 1.6 * (rand() + rand() - 1)
            line = f"\x01,{movie},{min(10, max(1, round(2 * liked))) / 2},\x02{int(10_000 * rand()):04d}\n"
            text.append(line)
            length += len(line)
            self.starts.append(length)
        self.text = "".join(text).encode()

    def cut(self, first, count, user, time_digits):
        piece = self.text[self.starts[first]:self.starts[first + count]]
        return piece.replace(b"\x01", b"%d" % user).replace(b"\x02", b"%d" % time_digits)


def rating_blocks(seed, rows):
    """Yields (number of the first row, number of rows, bytes), `rows` rows in all, users in order, no
    (userId, movieId) twice."""
    rng = random.Random(f"{seed}/ratings")
    rand = rng.random
    gauss = rng.gauss
    pools = {}
    user = 0
    done = first_row = 0
    block = []
    block_bytes = 0
    # As in the real files, a smaller one is about fewer movies: 9,066 in one of 100,004 ratings.
    movies = min(RATED_MOVIES, max(400, rows // 11))
    largest = max(size for size in POOL_SIZES if size <= movies // 4)
    while done < rows:
        user += 1
        wanted = min(largest, max(1, int(math.exp(gauss(3.53, 1.46)))))
        size = next(size for size in POOL_SIZES if size >= wanted)
        key = (size, int(POOLS_PER_SIZE * rand()))
        start = int((size - wanted + 1) * rand())
        pool = pools.get(key)
        if pool is None:
            pool = pools[key] = RatingPool(seed, movies, *key)
        # Seconds between 1996 and 2017, in units of 10,000.
        text = pool.cut(start, min(wanted, rows - done), user, 82_000 + int(68_000 * rand()))
        block.append(text)
        block_bytes += len(text)
        done += min(wanted, rows - done)
        if block_bytes >= BLOCK_BYTES or done == rows:
            yield first_row, done - first_row, b"".join(block)
            first_row = done
            block = []
            block_bytes = 0


def spoil(line, way):
    """One record with one cell broken; five ways."""
    if way == 0:
        head, _, when = line.rsplit(b",", 2)
        return head + b",7.5," + when
    if way == 1:
        user, rest = line.split(b",", 1)
        return user + b",m" + rest
    if way == 2:
        head, _, when = line.rsplit(b",", 2)
        return head + b",good," + when
    if way == 3:
        return line[line.index(b","):]
    return line[:line.rindex(b",")] + b",yesterday"


def spoil_share(lines, first_row, share):
    """Breaks, in place, rows spread evenly over the file so that `share` of them are bad."""
    number = math.floor(first_row * share) + 1
    last = math.floor((first_row + len(lines)) * share)
    while number <= last:
        index = math.ceil(number / share) - 1 - first_row if share < 1 else number - 1 - first_row
        lines[index] = spoil(lines[index], number % 5)
        number += 1


RATING_REPEATS = 2


def rating_faults(rows):
    """{row of the good file: what is wrong with it in the faulty one}"""
    def at(share):
        return int(rows * share)
    run = at(0.30)
    faults = {run + step: "too high" for step in range(4)}
    faults |= {at(0.05): "too high", at(0.93): "too high", at(0.11): "no user", at(0.58): "no user",
               at(0.17): "text in movie", at(0.71): "text in movie", at(0.45): "cell too many",
               at(0.64): "cell too few", at(0.23): "repeated", at(0.86): "repeated"}
    return faults


def faulty_lines(line, fault):
    if fault == "too high":
        return [spoil(line, 0)]
    if fault == "text in movie":
        return [spoil(line, 1)]
    if fault == "no user":
        return [spoil(line, 3)]
    if fault == "cell too many":
        return [line + b",web"]
    if fault == "cell too few":
        return [line[:line.rindex(b",")]]
    head, rating, when = line.rsplit(b",", 2)
    other = b"4.0" if rating != b"4.0" else b"2.5"
    return [line, head + b"," + other + b"," + when]


def changed_rating(line):
    head, rating, when = line.rsplit(b",", 2)
    return head + b"," + (b"5.0" if rating != b"5.0" else b"1.0") + b"," + when


def write_ratings(path, seed, rows, faults, corrected, bad_share):
    edits = {}
    base_rows = rows
    if faults or corrected:
        base_rows = rows - RATING_REPEATS
        wrong = rating_faults(base_rows)
        if corrected:
            changed = [int(base_rows * share) for share in (0.02, 0.37, 0.53, 0.79, 0.97)]
            edits = {row: (lambda line: [changed_rating(line)]) for row in changed if row not in wrong}
        else:
            edits = {row: (lambda line, fault=fault: faulty_lines(line, fault)) for row, fault in wrong.items()}
    pending = sorted(edits)
    written = 0
    last_user = 0
    with open(path, "wb", buffering=0) as out:
        out.write(RATING_HEADER)
        for first_row, count, block in rating_blocks(seed, base_rows):
            last_user = int(block[block.rindex(b"\n", 0, -1) + 1:].split(b",", 1)[0] if count > 1
                            else block.split(b",", 1)[0])
            in_block = [row for row in pending if first_row <= row < first_row + count]
            if bad_share or in_block:
                lines = block[:-1].split(b"\n")
                if bad_share:
                    spoil_share(lines, first_row, bad_share)
                # From the end, so that an added line does not move the rows still to be edited.
                for row in reversed(in_block):
                    lines[row - first_row:row - first_row + 1] = edits[row](lines[row - first_row])
                count = len(lines)
                block = b"\n".join(lines) + b"\n"
            out.write(block)
            written += count
        if corrected:
            movies = [1, 110, 260, 318, 593]
            out.write(b"".join(b"%d,%d,4.5,%d\n" % (last_user + 1, movie, 1_501_829_870 + movie) for movie in movies))
            written += len(movies)
    return written


# --- the command ----------------------------------------------------------------------------------


def write_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for member in members:
            # A fixed date, so that the same arguments give the same zip.
            info = zipfile.ZipInfo(member.name, date_time=(2017, 11, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.file_size = member.stat().st_size
            with open(member, "rb") as source, archive.open(info, "w") as target:
                while data := source.read(1 << 20):
                    target.write(data)


def main():
    parser = argparse.ArgumentParser(
        description="Make movies_metadata.csv and ratings.csv in the shape of the real files.")
    parser.add_argument("--movies", type=int, default=3000, metavar="N",
                        help="movie records (0: no such file); default %(default)s")
    parser.add_argument("--ratings", type=int, default=20_000, metavar="M",
                        help="rating records (0: no such file); default %(default)s")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR",
                        help="where to write; made if missing")
    parser.add_argument("--zip", action="store_true", help="also write data.zip with the files")
    parser.add_argument("--faults", choices=["all", "none"], default="all", help="default %(default)s")
    parser.add_argument("--corrected", action="store_true", help="the second delivery: the same data, mended")
    parser.add_argument("--bad-share", type=Fraction, default=Fraction(0), metavar="S",
                        help="share of rating records (0 to 1) that break a type or a constraint; "
                             "needs --faults none")
    parser.add_argument("--seed", type=int, default=1, metavar="K", help="default %(default)s")
    options = parser.parse_args()
    faults = options.faults == "all" and not options.corrected
    if not 0 <= options.bad_share <= 1:
        parser.error("--bad-share is a share between 0 and 1")
    if options.bad_share and (faults or options.corrected):
        parser.error("--bad-share goes with --faults none and without --corrected")
    if (faults or options.corrected) and (0 < options.movies < 100 or 0 < options.ratings < 100):
        parser.error("the faults need at least 100 records in each file; use --faults none for fewer")
    if options.movies < 0 or options.ratings < 0:
        parser.error("--movies and --ratings cannot be negative")

    options.out.mkdir(parents=True, exist_ok=True)
    members = []
    jobs = [
        ("movies_metadata.csv", options.movies,
         lambda path: write_movies(path, options.seed, options.movies, faults, options.corrected)),
        ("ratings.csv", options.ratings,
         lambda path: write_ratings(path, options.seed, options.ratings, faults, options.corrected, options.bad_share)),
    ]
    for name, records, write in jobs:
        if records == 0:
            continue
        began = time.monotonic()
        path = options.out / name
        written = write(path)
        members.append(path)
        print(f"{path}: {written:,} records, {path.stat().st_size / 1e6:.1f} MB, {time.monotonic() - began:.1f} s")
    if options.zip:
        path = options.out / "data.zip"
        write_zip(path, members)
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
