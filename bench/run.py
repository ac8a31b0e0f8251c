#!/usr/bin/env python3
"""./dev bench: Inlet against its peers, in the same run, with the same number of threads, medians of several runs.

usage: bench/run.py [--runs N] [--rows N] [--threads N] [--json FILE] [--work DIR] [NAME...]

Each figure is a whole process from start to end, unless it says otherwise; ours and the peer's alternate. Prints a table and writes JSON.
Needs $INLET (the release binary) and duckdb_sql beside it; sqlite3 and PostgreSQL if they are there.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

from measure import ROOT, Figures, Postgres, find_postgres, run

GENERATE = os.path.join(ROOT, "examples/movies/generate.py")
RATINGS = ("userId", "movieId", "rating", "timestamp")
FULL = 26_024_289
COLUMNS = "header=true, columns={'userId':'BIGINT','movieId':'BIGINT','rating':'DOUBLE','timestamp':'BIGINT'}"


class Bench(Figures):
    def __init__(self, options):
        super().__init__(options.runs)
        self.options = options
        self.inlet = os.environ.get("INLET") or os.path.join(ROOT, "build/release/inlet")
        self.duckdb = os.path.join(os.path.dirname(self.inlet), "duckdb_sql")
        self.work = os.path.abspath(options.work)
        os.makedirs(self.work, exist_ok=True)

    # ---- running ------------------------------------------------------------------------------------------------------

    def peak(self, command):
        """Seconds and peak memory in MiB of one process."""
        start = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            sys.exit(f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}")
        return time.monotonic() - start, usage.ru_maxrss / 1024

    def sql(self, database, *statements):
        """Seconds of each statement, and of the whole process."""
        seconds, output = run([self.duckdb, database, str(self.options.threads), *statements])
        return [float(line.split("\t")[0]) for line in output.splitlines()], seconds

    # ---- input --------------------------------------------------------------------------------------------------------

    def ratings(self, rows, bad=None):
        folder = os.path.join(self.work, f"ratings-{rows}" + (f"-bad{bad}" if bad else ""))
        path = os.path.join(folder, "ratings.csv")
        if not os.path.exists(path):
            more = ["--bad-share", str(bad)] if bad else []
            run([sys.executable, GENERATE, "--movies", "0", "--ratings", str(rows), "--faults", "none", "--out", folder, *more])
        return path

    def wide(self, rows):
        folder = os.path.join(self.work, f"wide-{rows}")
        path = os.path.join(folder, "movies_metadata.csv")
        if not os.path.exists(path):
            run([sys.executable, GENERATE, "--movies", str(rows), "--ratings", "0", "--faults", "none", "--out", folder])
        return path

    def project(self, name, write="append", key=False, rejects=""):
        folder = os.path.join(self.work, "project-" + name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        with open(os.path.join(folder, "inlet.yaml"), "w", encoding="utf-8") as file:
            file.write(
                "project: bench\nstorage: {data: ./data}\ndatasets:\n  ratings:\n    schema:\n      fields:\n"
                "        - {name: userId, type: integer, constraints: {required: true, minimum: 1}}\n"
                "        - {name: movieId, type: integer, constraints: {required: true, minimum: 1}}\n"
                "        - {name: rating, type: number, constraints: {minimum: 0.5, maximum: 5}}\n"
                "        - {name: timestamp, type: integer, constraints: {minimum: 0}}\n"
                + ("      primaryKey: [userId, movieId]\n" if key else "")
                + f"    write: {write}\n{rejects}")
        return folder

    def wide_project(self):
        """The movies example's own contract."""
        folder = os.path.join(self.work, "project-wide")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        with open(os.path.join(ROOT, "examples/movies/inlet.yaml"), encoding="utf-8") as file:
            text = file.read()
        text = re.sub(r"(?ms)^(packages|models|views):.*?(?=^\S|\Z)", "", text)
        text = re.sub(r"(?m)^(\s+)write: replace", r"\1write: append", text)
        text = re.sub(r"(?m)^\s+primaryKey: \[?id\]?\s*\n", "", text)
        with open(os.path.join(folder, "inlet.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        return folder

    # ---- our side and theirs ------------------------------------------------------------------------------------------

    def command(self, *arguments):
        return [self.inlet, *arguments, "--threads", str(self.options.threads)]

    def validate(self, project, path, dataset="ratings"):
        return run(self.command("validate", path, "--project", project, "--dataset", dataset, "--json"))[0]

    def load(self, project, path, dataset="ratings", fresh=True):
        if fresh:
            shutil.rmtree(os.path.join(project, "data"), ignore_errors=True)
        return run(self.command("load", path, "--project", project, "--dataset", dataset, "--json"))[0]

    def fresh_database(self):
        path = os.path.join(self.work, "peer.duckdb")
        for suffix in ("", ".wal"):
            if os.path.exists(path + suffix):
                os.remove(path + suffix)
        return path

    def peer_load(self, path, columns=COLUMNS, after=()):
        """CREATE TABLE AS read_csv, plus a synced copy of the file, plus statements."""
        start = time.monotonic()
        self.sql(self.fresh_database(), f"CREATE TABLE r AS SELECT * FROM read_csv('{path}', {columns})", *after)
        copy = os.path.join(self.work, "peer.copy")
        shutil.copyfile(path, copy)
        with open(copy, "rb") as file:
            os.fsync(file.fileno())
        seconds = time.monotonic() - start
        os.remove(copy)
        return seconds

    def peer_read(self, path, columns=COLUMNS, sums="sum(userId), sum(movieId), sum(rating), sum(timestamp)"):
        return self.sql(":memory:", f"SELECT {sums} FROM read_csv('{path}', {columns})")[1]

    def wide_columns(self):
        from_yaml = {"integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
        with open(os.path.join(ROOT, "examples/movies/inlet.yaml"), encoding="utf-8") as file:
            text = file.read()
        fields = re.findall(r"\{\s*name: (\w+), type: (\w+)", text.split("ratings:")[0]) or re.findall(r"name: (\w+), type: (\w+)", text)
        with open(self.wide(self.options.wide), encoding="utf-8") as file:
            labels = file.readline().strip().split(",")
        types = {name: from_yaml.get(kind, "VARCHAR") for name, kind in fields}
        columns = ", ".join(f"'{label}':'{types.get(label, 'VARCHAR')}'" for label in labels)
        sums = ", ".join(f"count({label})" for label in labels)
        return f"header=true, columns={{{columns}}}", sums

    # ---- the figures --------------------------------------------------------------------------------------------------

    def bench_validate(self):
        path = self.ratings(self.options.rows)
        project = self.project("validate")
        self.pair("validate ratings / DuckDB read and convert", "<= 0.8", lambda: self.validate(project, path), lambda: self.peer_read(path))

    def bench_load(self):
        path = self.ratings(self.options.rows)
        project = self.project("load")
        self.pair("load ratings / DuckDB CREATE TABLE AS + cp + sync", "<= 1.0", lambda: self.load(project, path), lambda: self.peer_load(path))

    def bench_load_rejects(self):
        path = self.ratings(self.options.rows)
        project = self.project("load")
        columns = COLUMNS + ", store_rejects=true"
        self.pair("load ratings / the same with store_rejects", "", lambda: self.load(project, path), lambda: self.peer_load(path, columns))

    def bench_load_key(self):
        path = self.ratings(self.options.rows)
        project = self.project("key", key=True)
        check = "SELECT count(*) FROM (SELECT userId, movieId FROM r GROUP BY ALL HAVING count(*) > 1)"
        self.pair("load ratings with a 2-column key / + GROUP BY HAVING", "<= 1.0", lambda: self.load(project, path),
                  lambda: self.peer_load(path, after=(check,)))

    def bench_wide(self):
        path = self.wide(self.options.wide)
        project = self.wide_project()
        columns, sums = self.wide_columns()
        self.pair("validate wide / DuckDB read and convert", "<= 1.0", lambda: self.validate(project, path, "movies_raw"),
                  lambda: self.peer_read(path, columns, sums))
        self.pair("load wide / DuckDB CREATE TABLE AS + cp + sync", "<= 1.0", lambda: self.load(project, path, "movies_raw"),
                  lambda: self.peer_load(path, columns))

    def bench_bad(self):
        clean = self.ratings(self.options.rows)
        for share, bar in ((0.01, "<= 1.15"), (1.0, "<= 3")):
            bad = self.ratings(self.options.rows, share)
            policy = "    rejects: {max_share: 100%, then: publish_rest}\n"
            project = self.project(f"bad{share}", rejects=policy)
            self.pair(f"validate, {share:.0%} bad / clean", bar, lambda: self.validate(project, bad), lambda: self.validate(project, clean))
            self.pair(f"load, {share:.0%} bad / clean", bar, lambda: self.load(project, bad), lambda: self.load(project, clean))

    def seeded(self, rows, write):
        """A project that holds `rows` ratings, kept as a folder to be copied."""
        seed = os.path.join(self.work, f"seed-{write}-{rows}")
        if not os.path.exists(seed):
            project = self.project("seeding", write=write, key=True)
            self.load(project, self.ratings(rows))
            os.rename(project, seed)
        return seed

    def changed(self, rows, name, count=None, share=None):
        """A file of `count` of the ratings (every tenth new), or of all with a share changed."""
        path = os.path.join(self.work, f"{name}-{rows}.csv")
        if os.path.exists(path):
            return path
        step = max(1, rows // count) if count else 1
        with open(self.ratings(rows), encoding="utf-8") as source, open(path + ".part", "w", encoding="utf-8") as out:
            out.write(source.readline())
            written = 0
            every = round(1 / share) if share else 0
            for number, line in enumerate(source):
                if count:
                    if number % step or written == count:
                        continue
                    user, movie, _, stamp = line.split(",")
                    if written % 10 == 9:
                        movie = str(int(movie) + 10_000_000)
                    out.write(f"{user},{movie},{0.5 + written % 10 * 0.5},{stamp}")
                    written += 1
                elif number % every == 0:
                    user, movie, _, stamp = line.split(",")
                    out.write(f"{user},{movie},5.0,{int(stamp) + 1}\n")
                else:
                    out.write(line)
        os.rename(path + ".part", path)
        return path

    def copy_of(self, seed):
        target = os.path.join(self.work, "project-copy")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(seed, target)
        os.sync()  # else the load's own sync would pay for writing the copy
        return target

    def bench_upsert(self):
        big, small = self.options.rows * 10 // 26, self.options.rows // 260
        times = {}
        for rows in (big, small):
            seed = self.seeded(rows, "upsert")
            change = self.changed(rows, "upsert1000", count=1000)
            times[rows] = [self.load(self.copy_of(seed), change, fresh=False) for _ in range(self.runs)]
        self.add(f"upsert of 1,000 into {big:,} / into {small:,}", "<= 3", statistics.median(times[big]), statistics.median(times[small]),
                 runs={"ours": times[big], "peer": times[small]})

        change = self.changed(big, "upsert1m", count=big // 10)
        seed = self.seeded(big, "upsert")
        database = self.joinable(big, change)
        join = ("SELECT count(*) FROM s LEFT JOIN r USING (userId, movieId) "
                "WHERE r.rating IS DISTINCT FROM s.rating OR r.timestamp IS DISTINCT FROM s.timestamp")
        self.pair(f"upsert of {big // 10:,} into {big:,} / the bare join", "<= 3",
                  lambda: self.load(self.copy_of(seed), change, fresh=False), lambda: self.sql(database, join)[0][0])
        self.pair("the same / the join with the file", "", lambda: self.load(self.copy_of(seed), change, fresh=False),
                  lambda: self.sql(database, self.from_file(join, change))[0][0])

    def joinable(self, rows, change):
        database = self.fresh_database()
        self.sql(database, f"CREATE TABLE r AS SELECT * FROM read_csv('{self.ratings(rows)}', {COLUMNS})",
                 f"CREATE TABLE s AS SELECT * FROM read_csv('{change}', {COLUMNS})")
        return database

    def bench_sync(self):
        big = self.options.rows * 10 // 26
        seed = self.seeded(big, "sync")
        change = self.changed(big, "sync2", share=0.02)
        database = self.joinable(big, change)
        join = ("SELECT count(*) FROM s FULL JOIN r USING (userId, movieId) "
                "WHERE r.rating IS DISTINCT FROM s.rating OR r.timestamp IS DISTINCT FROM s.timestamp")
        self.pair(f"sync of {big:,} with 2 % changed / the bare join", "<= 2.5",
                  lambda: self.load(self.copy_of(seed), change, fresh=False), lambda: self.sql(database, join)[0][0])
        self.pair("the same / the join with the file", "", lambda: self.load(self.copy_of(seed), change, fresh=False),
                  lambda: self.sql(database, self.from_file(join, change))[0][0])

    def from_file(self, join, path):
        """The join with the file itself in the place of a table of its rows."""
        return join.replace("FROM s ", f"FROM read_csv('{path}', {COLUMNS}) s ")

    def bench_scale(self):
        tenth = self.ratings(self.options.rows // 10)
        whole = self.ratings(self.options.rows)
        project = self.project("scale")
        self.pair("load of 10 times the rows / of one time", "<= 12", lambda: self.load(project, whole), lambda: self.load(project, tenth))

    def bench_memory(self):
        path = self.ratings(self.options.rows)
        wide = self.wide(self.options.wide)
        for name, file, key, dataset in (("ratings", path, False, "ratings"), ("ratings with key", path, True, "ratings"),
                                         ("wide", wide, False, "movies_raw")):
            project = self.wide_project() if name == "wide" else self.project("memory", key=key)
            common = ["--project", project, "--dataset", dataset, "--json"]
            self.add(f"peak memory of validate, {name}", "<= 96 MiB", self.peak(self.command("validate", file, *common))[1], None, "MiB")
            self.add(f"peak memory of load, {name}", "<= 512 MiB", self.peak(self.command("load", file, *common))[1], None, "MiB")

    def bench_start(self):
        project = self.project("start")
        for arguments in (["--version"], ["check", "--project", project], ["failures", "--json"]):
            times = sorted(run([self.inlet, *arguments])[0] for _ in range(21))
            self.add(f"cold start: inlet {arguments[0]}", "<= 30 ms", times[10] * 1000, None, "ms")

    def bench_others(self):
        path = self.ratings(self.options.rows)
        project = self.project("others")
        ours = statistics.median(self.load(project, path) for _ in range(self.runs))
        if shutil.which("sqlite3"):
            database = os.path.join(self.work, "peer.sqlite")

            def sqlite():
                if os.path.exists(database):
                    os.remove(database)
                script = ("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;\n"
                          "CREATE TABLE r(userId INTEGER, movieId INTEGER, rating REAL, timestamp INTEGER);\n"
                          f".mode csv\n.import --skip 1 {path} r\n")
                return run(["sqlite3", database], input=script)[0]
            self.add("load ratings / sqlite3 .import, no journal", "", ours, sqlite())
        binaries = find_postgres()
        if binaries:
            with Postgres(binaries, os.path.join(self.work, "postgres")) as psql:
                psql("CREATE TABLE r(userId bigint, movieId bigint, rating double precision, timestamp bigint)")
                start = time.monotonic()
                psql(f"\\copy r FROM '{path}' CSV HEADER")
                self.add("load ratings / psql \\copy into PostgreSQL", "", ours, time.monotonic() - start)


def main():
    names = [name.removeprefix("bench_") for name in dir(Bench) if name.startswith("bench_")]
    order = ["validate", "load", "load_rejects", "load_key", "wide", "bad", "upsert", "sync", "scale", "memory", "start", "others"]
    assert sorted(names) == sorted(order)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which figures: {' '.join(order)} (all)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=FULL)
    parser.add_argument("--wide", type=int, default=500_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--json", default=os.path.join(ROOT, "build/bench.json"))
    parser.add_argument("--work", default=os.path.join(ROOT, "build/bench"))
    options = parser.parse_args()
    for name in options.names:
        if name not in order:
            parser.error(f"unknown figure {name}; there are: {' '.join(order)}")
    bench = Bench(options)
    bench.head(f"{options.threads} threads, {options.rows:,} rows, median of {options.runs}")
    for name in options.names or order:
        getattr(bench, "bench_" + name)()
    bench.write(options.json, threads=options.threads, rows=options.rows)


if __name__ == "__main__":
    main()
