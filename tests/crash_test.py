#!/usr/bin/env python3
"""Pulls the plug on the real program: kill -9 at every named commit point and at random moments, and disks that fill up.

Whatever the moment: what was published stays, nothing half is seen, running the same load again publishes it once, and no temporary file stays.
Run by ctest with $INLET; INLET_ROUNDS=few|long changes how many random moments are tried (200 with long).
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

INLET = os.environ["INLET"]
HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = {"few": 8, "long": 200}.get(os.environ.get("INLET_ROUNDS", ""), 24)
DISK_STEPS = {"few": 4, "long": 24}.get(os.environ.get("INLET_ROUNDS", ""), 8)

PROJECT = """
project: crash
storage: {data: ./data}
datasets:
  ratings:
    schema:
      fields:
        - {name: userId, type: integer, constraints: {required: true, minimum: 1}}
        - {name: movieId, type: integer, constraints: {required: true}}
        - {name: rating, type: number, constraints: {minimum: 0.5, maximum: 5}}
        - {name: note, type: string}
      primaryKey: [userId, movieId]
    write: upsert
    rejects: {max_share: 50%, then: publish_rest}
models:
  ratings_per_movie:
    sql: SELECT movieId, count(*) AS ratings, sum(rating) AS total FROM ratings GROUP BY movieId
    primaryKey: movieId
"""

# One line that tells one state of the tables from another, and whether the model fits its dataset.
STATE = """
SELECT (SELECT count(*) FROM ratings) AS rows,
       (SELECT coalesce(sum(hash(userId, movieId, rating, note) % 1000003), 0)::BIGINT FROM ratings) AS content,
       (SELECT coalesce(sum(ratings), 0)::BIGINT FROM ratings_per_movie) AS modelled,
       (SELECT count(*) FROM ratings_per_movie) AS movies
"""


def write_ratings(path, users, movies, seed, broken_every=0):
    rng = random.Random(seed)
    with open(path, "w", encoding="utf-8") as file:
        file.write("userId,movieId,rating,note\n")
        row = 0
        for user in range(1, users + 1):
            for movie in range(1, movies + 1):
                row += 1
                rating = "bad" if broken_every and row % broken_every == 0 else rng.randrange(1, 11) / 2
                file.write(f"{user},{movie},{rating},note {row} of {seed}\n")


class CrashTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="inlet-crash-")
        cls.first = os.path.join(cls.folder, "first.csv")
        cls.second = os.path.join(cls.folder, "second.csv")
        write_ratings(cls.first, 100, 200, 1)
        write_ratings(cls.second, 150, 400, 2, broken_every=100)
        # What is there before, and what must be there after.
        cls.base = os.path.join(cls.folder, "base")
        os.makedirs(cls.base)
        with open(os.path.join(cls.base, "inlet.yaml"), "w", encoding="utf-8") as file:
            file.write(PROJECT)
        cls.must(cls.base, "load", cls.first, "--dataset", "ratings")
        cls.before = cls.state(cls.base)
        final = os.path.join(cls.folder, "final")
        shutil.copytree(cls.base, final)
        start = time.monotonic()
        cls.must(final, "load", cls.second, "--dataset", "ratings")
        cls.load_seconds = time.monotonic() - start
        cls.after = cls.state(final)
        assert cls.before != cls.after

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    # ---- the program ----------------------------------------------------------------------------------------------------

    @staticmethod
    def run_inlet(project, *arguments, env=None):
        return subprocess.run([INLET, *arguments, "--project", project, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **(env or {})}, check=False)

    @classmethod
    def must(cls, project, *arguments):
        done = cls.run_inlet(project, *arguments)
        if done.returncode != 0:
            raise AssertionError(f"inlet {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)

    @classmethod
    def state(cls, project):
        done = subprocess.run([INLET, "query", STATE, "--project", project, "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"query: exit {done.returncode}\n{done.stderr}")
        return json.loads(done.stdout)[0]

    def copy(self, of=None):
        target = os.path.join(self.folder, "copy")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(of or self.base, target)
        return target

    # ---- what must hold -------------------------------------------------------------------------------------------------

    def assert_whole(self, project, states, moment):
        state = self.state(project)
        self.assertIn(state, states, f"{moment}: neither the old state nor the new one")
        self.assertEqual(state["modelled"], state["rows"], f"{moment}: the model does not fit its dataset")
        return state

    def assert_once(self, project, moment):
        """The load run again ends published, once, with everything in it."""
        loaded = self.must(project, "load", self.second, "--dataset", "ratings")
        self.assertEqual(loaded["state"], "published", moment)
        self.assertEqual(self.assert_whole(project, [self.after], moment), self.after)
        versions = [v for v in self.must(project, "versions")["versions"] if v["dataset"] == "ratings"]
        self.assertEqual(len(versions), 2, f"{moment}: {versions}")
        self.assert_tidy(project, moment)

    def assert_tidy(self, project, moment):
        left = []
        for folder, _, files in os.walk(os.path.join(project, "data")):
            name = os.path.relpath(folder, os.path.join(project, "data"))
            if re.search(r"(^|/)\.?te?mp(/|$)", name):
                left += [os.path.join(name, file) for file in files]
            left += [os.path.join(name, file) for file in files if file.endswith((".part", ".tmp"))]
        self.assertEqual(left, [], f"{moment}: temporary files stay")
        for submission in self.must(project, "submissions")["submissions"]:
            self.assertIn(submission["state"], ("published", "rejected", "failed", "cancelled", "undone"), moment)

    # ---- the plug -------------------------------------------------------------------------------------------------------

    def test_every_commit_point(self):
        with open(os.path.join(HERE, "../docs/crash-points.md"), encoding="utf-8") as file:
            table = [line for line in file if line.startswith("| `")]
        points = [name for line in table for name in re.findall(r"`([a-z]+[.-][a-z.-]+)`", line.split("|")[1])
                  if ".upload-" not in name]  # those are uploads_test.py's
        self.assertGreater(len(points), 15)
        died = set()
        for point in points:
            for nth in range(1, 9):
                project = self.copy()
                done = self.run_inlet(project, "load", self.second, "--dataset", "ratings", env={"INLET_DIE_AT": f"{point}:{nth}"})
                if done.returncode != -signal.SIGKILL:
                    self.assertEqual(done.returncode, 0, f"{point}: {done.stderr}")
                    break
                died.add(point)
                moment = f"killed at {point}, time {nth}"
                with self.subTest(moment):
                    self.assert_whole(project, [self.before, self.after], moment)
                    self.assert_once(project, moment)
        self.assertGreaterEqual(len(died), 12, f"only {sorted(died)} were passed by a load")

    def test_commit_points_of_an_undo(self):
        loaded = self.copy()
        self.must(loaded, "load", self.second, "--dataset", "ratings")
        base = os.path.join(self.folder, "loaded")
        shutil.rmtree(base, ignore_errors=True)
        os.rename(loaded, base)
        target = str(max(s["submission"] for s in self.must(base, "submissions")["submissions"]))
        for point in ("warehouse.undo-begun", "warehouse.undo-written", "warehouse.undo-committed", "pipeline.before-undo", "pipeline.undo-published", "pipeline.undo-marked"):
            project = self.copy(base)
            done = self.run_inlet(project, "undo", target, env={"INLET_DIE_AT": point})
            self.assertEqual(done.returncode, -signal.SIGKILL, f"{point} is not passed by an undo: {done.stderr}")
            with self.subTest(point):
                self.assert_whole(project, [self.before, self.after], point)
                again = self.run_inlet(project, "undo", target)
                self.assertIn(again.returncode, (0, 1), again.stderr) # 1: it was undone already
                self.assertEqual(self.assert_whole(project, [self.before], point), self.before)
                self.assert_tidy(project, point)

    def test_random_moments(self):
        seed = int(os.environ.get("INLET_SEED", random.randrange(1 << 30)))
        print(f"seed {seed}", flush=True)
        rng = random.Random(seed)
        killed = published = 0
        for _ in range(ROUNDS):
            project = self.copy()
            delay = rng.uniform(0, self.load_seconds * 1.1)
            with subprocess.Popen([INLET, "load", self.second, "--dataset", "ratings", "--project", project, "--json"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as child:
                time.sleep(delay)
                child.kill()
                killed += child.wait() == -signal.SIGKILL
            moment = f"seed {seed}: killed after {delay:.3f} s"
            published += self.assert_whole(project, [self.before, self.after], moment) == self.after
            self.assert_once(project, moment)
        print(f"of {ROUNDS} loads {killed} were killed under way; {published} had published", flush=True)
        self.assertGreater(killed, ROUNDS // 4)

    def test_full_disk(self):
        """A file system of limited size, larger at each step, so that the disk fills up at another place each time."""
        used = sum(os.path.getsize(os.path.join(folder, file)) for folder, _, files in os.walk(self.base) for file in files)
        mount = os.path.join(self.folder, "small")
        os.makedirs(mount, exist_ok=True)
        outcomes = set()
        for step in range(DISK_STEPS):
            room = used + (64 << 10) + step * (14 << 20) // DISK_STEPS
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", mount], check=True)
            try:
                project = os.path.join(mount, "project")
                shutil.copytree(self.base, project)
                done = self.run_inlet(project, "load", self.second, "--dataset", "ratings")
                outcomes.add(done.returncode)
                moment = f"{room - used} bytes of room"
                self.assertIn(done.returncode, (0, 3), f"{moment}: {done.stdout} {done.stderr}")
                if done.returncode == 3:
                    self.assertIn("disk-full", done.stdout + done.stderr, moment)
                subprocess.run(["mount", "-o", "remount,size=256M", mount], check=True)
                self.assert_whole(project, [self.before, self.after], moment)
                self.assert_once(project, moment)
            finally:
                subprocess.run(["umount", mount], check=True)
        self.assertIn(3, outcomes, "the disk never was full")


if __name__ == "__main__":
    unittest.main()
