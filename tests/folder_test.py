"""Watch folders through the real server: files come by copy and by rename, are corrected, vanish, and the plug is pulled."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from inlet_case import REPOSITORY
from server_test import ServerCase

EXAMPLE = os.path.join(REPOSITORY, "examples/movies")

PROJECT = """
project: inbox
datasets:
  log:
    schema: {fields: [{name: n, type: integer}]}
    rejects: {max_share: 50%, then: publish_rest}
providers:
  press:
    title: The press
    contacts: [ops@press.example]
    sources:
      - {folder: in/press, pattern: "*.csv", dataset: log, settle: 1s, allow_short_settle: true, outbox: out/press}
"""


class FolderCase(ServerCase):
    project = PROJECT
    inbox = "in/press"
    outbox = "out/press"

    def setUp(self):
        os.umask(0o022)
        super().setUp()

    def serve(self, *arguments):
        os.makedirs(self.path(self.inbox), exist_ok=True)
        super().serve(*arguments)

    def serve_dying(self, point):
        """Serves until `point` is passed, which may be before it is ready."""
        os.environ["INLET_DIE_AT"] = point
        try:
            self.serve()
        except AssertionError:
            if self.server.wait(60) != -signal.SIGKILL:
                raise
        finally:
            del os.environ["INLET_DIE_AT"]

    def drop(self, name, text):
        """As careful senders do it: written beside, and renamed."""
        beside = self.write(os.path.join(self.inbox, f".{name}.part"), text)
        os.rename(beside, self.path(os.path.join(self.inbox, name)))

    def wait_for(self, what, get, seconds=60):
        deadline = time.monotonic() + seconds
        while not (value := get()):
            self.assertLess(time.monotonic(), deadline, f"{what}\n{self.log[-5:]}")
            self.assertIsNone(self.server.poll(), f"{what}: the server ended")
            time.sleep(0.05)
        return value

    def answer(self, name, submission=None):
        """The answer to a file; of a given submission, if several deliveries have that name."""
        path = self.path(os.path.join(self.outbox, f"{name}.result.json"))
        def read():
            if not os.path.exists(path):
                return None
            with open(path, encoding="utf-8") as file:
                said = json.load(file) # whole, whenever it is there
            return said if submission in (None, said["submission"]) else None
        return self.wait_for(f"no answer to {name}", read)

    def inside(self, folder=None):
        return sorted(os.listdir(self.path(folder or self.inbox)))

    def submissions(self):
        return list(reversed(self.get("/v1/submissions?limit=1000")["submissions"]))

    def records(self):
        return self.get("/v1/datasets/log")["records"]


class Pickups(FolderCase):
    def test_a_file_is_taken_published_and_answered(self):
        self.drop("a.csv", "n\n1\n2\n")
        said = self.answer("a.csv")
        self.assertEqual((said["state"], said["submission"], said["file"], said["version"], said["dataset"]), ("published", 1, "a.csv", 1, "log"))
        self.assertEqual((said["parts"][0]["rows"], said["parts"][0]["accepted"]), (2, 2))
        self.assertEqual(self.inside(), [])
        record = self.get("/v1/submissions/1")
        self.assertEqual((record["by"], record["source"], record["file_name"]), ("press", "folder", "a.csv"))
        self.assertEqual(self.records(), 2)

    def test_a_wrong_file_comes_back_and_its_correction_replaces_the_answer(self):
        self.drop("a.csv", "n\nx\ny\n")
        said = self.answer("a.csv")
        self.assertEqual((said["state"], said["reason"]["code"]), ("rejected", "too-many-rejects"))
        self.assertEqual(said["parts"][0]["counts"], [{"code": "type-error", "field": "n", "count": 2}])
        self.assertEqual([error["row"] for error in said["parts"][0]["first_errors"]], [1, 2])
        self.assertEqual(said["parts"][0]["rejects_file"], "a.csv.rejects.csv")
        self.assertIn(b",x\n", self.read("out/press/a.csv.rejects.csv"))
        self.assertNotIn(self.folder, json.dumps(said))
        self.drop("a.csv", "n\n1\n")
        self.assertEqual(self.answer("a.csv", 2)["state"], "published")
        self.assertEqual(self.inside(self.outbox), ["a.csv.result.json"])

    def test_a_file_replaced_while_it_settles_is_taken_as_it_is_then(self):
        for number in range(1, 6):
            self.drop("a.csv", f"n\n{number}\n")
        self.answer("a.csv")
        records = self.submissions()
        self.assertEqual([record["state"] for record in records], ["published"])
        self.assertEqual(self.call("GET", "/v1/submissions/1/raw")[2], b"n\n5\n")

    def test_several_at_once_and_one_that_vanishes(self):
        for number in range(5):
            self.drop(f"{number}.csv", f"n\n{number}\n")
        os.remove(self.path("in/press/3.csv"))
        for number in (0, 1, 2, 4):
            self.assertEqual(self.answer(f"{number}.csv")["state"], "published")
        self.assertEqual(self.records(), 4)
        self.assertEqual(self.inside(), [])

    def test_what_is_no_delivery_stays_where_it_is(self):
        self.write("secret.csv", "n\n666\n")
        os.symlink(self.path("secret.csv"), self.path("in/press/link.csv"))
        os.symlink("/nowhere", self.path("in/press/dangling.csv"))
        os.mkfifo(self.path("in/press/pipe.csv"))
        os.link(self.path("secret.csv"), self.path("in/press/hard.csv"))
        with open(os.fsencode(self.path("in/press")) + b"/\xff.csv", "w", encoding="ascii") as file:
            file.write("n\n1\n")
        self.write("in/press/folder/deeper.csv", "n\n1\n")
        for name in (".hidden.csv", "a.csv~", "a.csv.part", "b.CSV.tmp", "notes.txt"):
            self.write(f"in/press/{name}", "n\n1\n")
        before = sorted(os.listdir(os.fsencode(self.path("in/press"))))
        self.drop("good.csv", "n\n7\n")
        self.answer("good.csv")
        self.assertEqual((self.records(), sorted(os.listdir(os.fsencode(self.path("in/press"))))), (1, before))
        troubles = self.get("/v1/sources")["sources"][0]["troubles"]
        self.assertEqual([trouble["code"] for trouble in troubles], ["not-a-file"] * 5)
        self.assertEqual(sum(b"not-a-file" in line for line in self.log), 5, self.log)

    def test_the_same_file_again_is_a_duplicate(self):
        self.drop("a.csv", "n\n1\n")
        self.answer("a.csv")
        self.drop("again.csv", "n\n1\n")
        said = self.answer("again.csv")
        self.assertEqual((said["submission"], said["duplicate"], said["state"]), (1, True, "published"))
        self.assertEqual(self.records(), 1)

    def test_a_folder_that_goes_and_comes_back(self):
        sources = lambda: self.get("/v1/sources")["sources"][0]
        self.assertEqual(sources()["troubles"], [])
        os.rename(self.path("in/press"), self.path("in/away"))
        self.wait_for("the folder is not missed", lambda: [trouble["code"] for trouble in sources()["troubles"]] == ["folder-unavailable"])
        self.assertEqual(self.call("GET", "/readyz")[0], 200)
        self.write("in/away/a.csv", "n\n1\n")
        os.rename(self.path("in/away"), self.path("in/press"))
        self.assertEqual(self.answer("a.csv")["state"], "published")
        self.wait_for("the folder is still missed", lambda: sources()["troubles"] == [])

    def test_an_outbox_that_cannot_be_written_is_waited_for(self):
        self.write("out/press", "in the way")
        self.drop("a.csv", "n\n1\n")
        self.wait_for("no trouble is told", lambda: self.get("/v1/sources")["sources"][0]["troubles"])
        self.assertEqual(self.records(), 1)
        os.remove(self.path("out/press"))
        self.assertEqual(self.answer("a.csv")["state"], "published")

    def test_providers_are_listed_with_what_waits(self):
        self.end(self.server)
        self.write("in/press/a.csv", "n\n1\n")
        with open(self.path("inlet.yaml"), "a", encoding="utf-8") as file:
            file.write('      - {folder: in/press, pattern: "*.zip", dataset: log}\n')
        self.write("in/press/b.zip", "12345")
        os.utime(self.path("in/press/b.zip"), (2**32, 2**32)) # in the future
        provider, = self.inlet("providers", "--json").json["providers"]
        self.assertEqual((provider["name"], provider["title"], provider["contacts"]), ("press", "The press", ["ops@press.example"]))
        first, second = provider["sources"]
        self.assertEqual([(each["file"], each["bytes"]) for each in first["waiting"]], [("a.csv", 4)])
        self.assertLessEqual(first["waiting"][0]["settled_in_seconds"], 1)
        self.assertEqual((second["settle_seconds"], second["waiting"][0]["file"]), (900, "b.zip"))
        self.assertGreater(second["waiting"][0]["settled_in_seconds"], 600)
        self.assertIn("b.zip", self.inlet("providers", "press").out)
        self.error("providers", "nobody", code="bad-argument", exit_code=2)


class Crashes(FolderCase):
    def test_killed_at_every_commit_point_a_file_is_one_submission_and_one_answer(self):
        with open(os.path.join(REPOSITORY, "docs/crash-points.md"), encoding="utf-8") as file:
            own = re.findall(r"`(fronts/folder\.[a-z-]+)`", file.read())
        self.assertGreaterEqual(len(own), 9)
        points = own + ["pipeline.receiving", "pipeline.received", "pipeline.queued", "objects.before-sync", "objects.after-rename", "pipeline.published"]
        # The first ones are the server's own, at its start.
        points += [f"catalog.{moment}-commit:{number}" for number in range(2, 9) for moment in ("before", "after")]
        for number, point in enumerate(points, 1):
            with self.subTest(point):
                self.end(self.server)
                self.serve_dying(point)
                self.drop(f"{number}.csv", f"n\n{number}\nx{number}\n")
                self.assertEqual(self.server.wait(60), -signal.SIGKILL, "it did not pass there")
                self.serve()
                said = self.answer(f"{number}.csv")
                self.assertEqual((said["state"], said["duplicate"]), ("published", False))
                self.wait_for("the file stays", lambda: self.inside() == [])
                self.assertEqual(self.records(), number)
                published = [record for record in self.submissions() if record["state"] == "published"]
                self.assertEqual([record["file_name"] for record in published], [f"{each}.csv" for each in range(1, number + 1)])
                whole = sorted(name for each in range(1, number + 1) for name in (f"{each}.csv.result.json", f"{each}.csv.rejects.csv"))
                # An answer that was there before the end may be written once more.
                self.wait_for("the outbox does not come to rest", lambda: self.inside(self.outbox) == whole)

    def test_killed_at_random_moments_nothing_is_lost_or_doubled(self):
        for number in range(1, 6):
            self.drop(f"{number}.csv", f"n\n{number}\n")
            time.sleep(1 + number / 10) # around the moment at which it has settled
            self.end(self.server, signal.SIGKILL)
            self.serve()
        for number in range(1, 6):
            self.assertEqual(self.answer(f"{number}.csv")["state"], "published")
        self.assertEqual((self.records(), self.inside()), (5, []))


class Movies(FolderCase):
    project = None
    inbox = "in/studio"
    outbox = "in/studio/outbox"

    def serve(self, *arguments):
        # As the example is, but for a settle time that a test can wait for.
        for name in ("inlet.yaml", "models", "views"):
            source, target = os.path.join(EXAMPLE, name), self.path(name)
            if not os.path.exists(target):
                (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, target)
        with open(self.path("inlet.yaml"), encoding="utf-8") as file:
            text = file.read()
        with open(self.path("inlet.yaml"), "w", encoding="utf-8") as file:
            file.write(text.replace("settle: 15m", "settle: 3s, allow_short_settle: true"))
        super().serve(*arguments)

    def generate(self, out, *options):
        subprocess.run([sys.executable, os.path.join(EXAMPLE, "generate.py"), "--movies", "2000", "--ratings", "12000", "--zip",
                        "--out", self.path(out), *options], check=True, stdout=subprocess.DEVNULL)
        with open(self.path(os.path.join(out, "data.zip")), "rb") as file:
            return file.read()

    def test_data_zip_arrives_in_pieces_is_rejected_and_corrected(self):
        first, second = self.generate("first"), self.generate("second", "--corrected")
        # A copy that takes longer than the settle time, in pieces.
        with open(self.path("in/studio/data.zip"), "wb") as file:
            step = len(first) // 20 + 1
            for at in range(0, len(first), step):
                file.write(first[at:at + step])
                file.flush()
                time.sleep(0.2)
        said = self.answer("data.zip")
        self.assertEqual((said["state"], said["bytes"], said["package"]), ("published", len(first), "movies-drop"))
        for part in said["parts"]:
            self.assertGreater(part["rejected"], 0)
            rejects = self.read(f"in/studio/outbox/data.zip.{part['name']}.rejects.csv")
            self.assertEqual(part["rejects_file"], f"data.zip.{part['name']}.rejects.csv")
            self.assertTrue(rejects)
            self.assertEqual(sum(count["count"] for count in part["counts"]), part["errors_total"])
        # A torn one is rejected as a whole and changes nothing.
        self.drop("data.zip", second[:-5000])
        self.assertEqual(self.answer("data.zip", 2)["state"], "rejected")
        self.assertEqual(self.get("/v1/datasets/ratings")["version"], 1)
        self.drop("data.zip", second)
        said = self.answer("data.zip", 3)
        self.assertEqual((said["state"], [part["rejected"] for part in said["parts"]]), ("published", [0, 0]))
        self.assertEqual(self.inside(self.outbox), ["data.zip.result.json"])
        self.assertEqual([record["state"] for record in self.submissions()], ["published", "rejected", "published"])


if __name__ == "__main__":
    unittest.main()
