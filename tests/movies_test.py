#!/usr/bin/env python3
"""The movies example through the real binary, its figures held against those of a count that does not use Inlet."""

import json
import os
import shutil
import subprocess
import sys
import unittest
import zipfile

from inlet_case import INLET, REPOSITORY, InletCase

EXAMPLE = os.path.join(REPOSITORY, "examples/movies")


class MoviesTest(InletCase):
    project = None

    def setUp(self):
        super().setUp()
        for name in ("inlet.yaml", "models", "views"):
            source, target = os.path.join(EXAMPLE, name), self.path(name)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, target)

    def generate(self, out, *options):
        subprocess.run([sys.executable, os.path.join(EXAMPLE, "generate.py"), "--movies", "2000", "--ratings", "12000", "--zip",
                        "--out", self.path(out), *options], check=True, stdout=subprocess.DEVNULL)
        return self.path(out)

    def counted(self, folder):
        done = subprocess.run([sys.executable, "-B", os.path.join(EXAMPLE, "independent_count.py"), os.path.join(folder, "movies_metadata.csv"),
                               os.path.join(folder, "ratings.csv")], check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    def tables(self):
        return {table: self.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"]
                for table in ("movies_raw", "ratings", "movies", "genres", "companies", "collections", "movie_genres", "movie_companies",
                              "ratings_per_movie")}

    def test_every_figure_is_confirmed(self):
        folder = self.generate("first")
        expected = self.counted(folder)
        loaded = self.inlet("load", os.path.join(folder, "data.zip"), "--json").json
        self.assertEqual(loaded["state"], "published")
        self.assertEqual({part["dataset"] for part in loaded["parts"]}, {"movies_raw", "ratings"})
        for part in loaded["parts"]:
            of = expected[part["dataset"]]
            self.assertEqual({key: part[key] for key in ("rows", "accepted", "rejected")}, {key: of[key] for key in ("rows", "accepted", "rejected")})
            self.assertEqual(part["inserted"], of["unique_keys"])
            self.assertEqual({(c["code"], c["field"]): c["count"] for c in part["counts"]}, {(c["code"], c["field"]): c["count"] for c in of["counts"]})
            self.assertGreater(part["rejected"], 0)
        self.assertEqual({m["model"]: m["inserted"] for m in loaded["models"]}, expected["models"])
        tables = self.tables()
        self.assertEqual({name: tables[name] for name in expected["models"]}, expected["models"])
        for part in loaded["parts"]:
            report = self.inlet("validate", os.path.join(folder, part["name"]), "--dataset", part["dataset"], "--json", code=1).json
            self.assertEqual((report["rows"], report["rejected"], report["counts"]), (part["rows"], part["rejected"], part["counts"]))
        for view in ("by_company", "by_company_and_year", "by_genre", "by_genre_and_year", "by_year", "most_popular_genre_by_year"):
            self.assertGreater(self.rows(f"SELECT count(*) AS n FROM {view}")[0]["n"], 10, view)
        # Of a rating given twice the last one stands.
        twice = self.rows("SELECT userId, movieId, rating FROM ratings")
        last = {}
        with open(os.path.join(folder, "ratings.csv"), encoding="utf-8") as file:
            for line in file:
                cells = line.rstrip("\n").split(",")
                if len(cells) == 4 and cells[0].isdigit() and cells[1].isdigit() and float(cells[2]) <= 5:
                    last[int(cells[0]), int(cells[1])] = float(cells[2])
        self.assertEqual({(row["userId"], row["movieId"]): row["rating"] for row in twice}, last)

    def test_the_corrected_delivery_and_its_undo(self):
        first, second = self.generate("first"), self.generate("second", "--corrected")
        self.inlet("load", os.path.join(first, "data.zip"))
        before = self.rows("SELECT * EXCLUDE (_version) FROM ratings ORDER BY ALL")
        tables = self.tables()
        loaded = self.inlet("load", os.path.join(second, "data.zip"), "--json").json
        self.assertEqual((loaded["version"], [part["rejected"] for part in loaded["parts"]]), (2, [0, 0]))
        for part in loaded["parts"]:
            diff = self.inlet("diff", part["dataset"], 1, 2, "--limit", 0, "--json").json
            self.assertEqual([diff[kind] for kind in ("inserted", "updated", "deleted")], [part[kind] for kind in ("inserted", "updated", "deleted")])
            self.assertEqual(len(diff["changes"]), part["inserted"] + part["updated"] + part["deleted"])
        self.inlet("undo", loaded["submission"])
        self.assertEqual(self.rows("SELECT * EXCLUDE (_version) FROM ratings ORDER BY ALL"), before)
        self.assertEqual(self.tables(), tables)
        for table in tables:
            self.assertEqual(self.inlet("diff", table, 1, 3, "--json").json["changes"], [], table)

    def test_one_broken_file_leaves_both_tables_as_they_were(self):
        first, second = self.generate("first"), self.generate("second", "--corrected")
        self.inlet("load", os.path.join(first, "data.zip"))
        before = {table: self.rows(f"FROM {table} ORDER BY ALL") for table in ("movies_raw", "ratings", "genres")}
        with open(os.path.join(second, "ratings.csv"), encoding="utf-8") as file:
            lines = file.readlines()
        good = "".join(lines)
        broken = {
            "too many rejects": "".join(lines[:1]) + "".join("x" + line if n % 50 == 0 else line for n, line in enumerate(lines[1:])),
            "no such column": good.replace("movieId", "filmId", 1),
            "empty": "",
        }
        for what, text in broken.items():
            with zipfile.ZipFile(self.path("data.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(os.path.join(second, "movies_metadata.csv"), "movies_metadata.csv")
                archive.writestr("ratings.csv", text)
            loaded = self.inlet("load", self.path("data.zip"), "--json", code=1).json
            self.assertEqual((loaded["state"], loaded["version"]), ("rejected", None), what)
            for table, rows in before.items():
                self.assertEqual(self.rows(f"FROM {table} ORDER BY ALL"), rows, what)
        with zipfile.ZipFile(self.path("data.zip"), "w") as archive:
            archive.writestr("movies_metadata.csv", "x")
        missing = self.inlet("load", self.path("data.zip"), "--json", code=1).json
        self.assertEqual(missing["reason"]["code"], "missing-member")
        with open(os.path.join(second, "data.zip"), "rb") as file:
            self.write("data.zip", file.read()[:-5000])
        torn = self.inlet("load", self.path("data.zip"), "--json", code=1).json
        self.assertEqual((torn["state"], torn["version"]), ("rejected", None))
        for table, rows in before.items():
            self.assertEqual(self.rows(f"FROM {table} ORDER BY ALL"), rows)

    def test_the_demo(self):
        done = subprocess.run([os.path.join(EXAMPLE, "demo.sh")], env={**os.environ, "INLET": INLET, "TMPDIR": self.folder}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        for part in ("accepted", "rejected", "published as version 1", "published as version 2", "undone: submission 2", "Comedy"):
            self.assertIn(part, done.stdout)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("inlet-demo")], [])


if __name__ == "__main__":
    unittest.main()
