#!/usr/bin/env python3
"""Keeping and forgetting: backups, restores, what `verify` finds, erasures and purges that leave nothing behind."""

import glob
import json
import os
import re
import shutil
import signal
import unittest

from inlet_case import ITEMS, InletCase
from server_test import ServerCase

PEOPLE = """
project: people
storage: {data: "${env:KEEP_DATA}"}
datasets:
  people:
    schema:
      fields:
        - {name: id, type: integer}
        - {name: email, type: string}
        - {name: age, type: integer, constraints: {maximum: 150}}
      primaryKey: id
    write: upsert
    rejects: {max_share: 90%, then: publish_rest}
models:
  mails: {sql: "SELECT email, count(*) AS n FROM people GROUP BY email", primaryKey: [email]}
"""

FIRST = "id,email,age\n1,anna@example.org,30\n2,bert@example.org,40\n3,anna@example.org,200\n"
SECOND = "id,email,age\n1,anna@example.org,31\n4,cleo@example.org,20\n"
GONE = b"anna@example.org"


class KeepingCase(InletCase):
    project = PEOPLE

    def setUp(self):
        super().setUp()
        self.data = self.path("data")

    def start(self, *arguments, env=None, cwd=None, **options):
        return super().start(*arguments, env={"KEEP_DATA": self.data, **(env or {})}, cwd=cwd, **options)

    def people(self, text, code=0):
        return self.load(text, dataset="people", code=code)

    def content(self):
        return self.rows("SELECT id, email, age, _version, _submission FROM people ORDER BY id"), self.rows("SELECT * FROM mails ORDER BY email")

    def files_with(self, value):
        found = []
        for folder, _, names in os.walk(self.data):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    if value in file.read():
                        found.append(os.path.relpath(path, self.data))
        return found

    def verified(self):
        found = self.inlet("verify", "--json").json
        self.assertEqual(found["findings"], [])
        return found


class BackupTest(KeepingCase):
    def test_a_backup_restored_elsewhere_is_the_same(self):
        self.people(FIRST)
        first = self.inlet("backup", "kept", "--json").json
        self.assertEqual((first["generation"], first["damaged"]), (1, []))
        self.assertEqual(first["objects"], first["new_objects"])
        self.people(SECOND)
        second = self.inlet("backup", "kept", "--json").json
        self.assertEqual((second["generation"], second["objects"], second["new_objects"]), (2, first["objects"] + 1, 1))
        before = self.content()
        raw = self.inlet("raw", 2, "--output", "-").out

        self.data = self.path("elsewhere")
        restored = self.inlet("restore", "kept", "--json").json
        self.assertEqual((restored["generation"], restored["findings"], restored["submissions"]), (2, [], 2))
        self.assertEqual(self.content(), before)
        self.assertEqual(self.inlet("raw", 2, "--output", "-").out, raw)
        self.inlet("undo", 2)
        self.error("restore", "kept", code="folder-not-empty", exit_code=2)

        self.data = self.path("older")
        self.assertEqual(self.inlet("restore", "kept", "--generation", 1, "--json").json["submissions"], 1)
        self.error("restore", "kept", "--generation", 9, code="unknown-backup", exit_code=2)

    def test_only_the_newest_generations_stay(self):
        for n in range(3):
            self.people(FIRST.replace("30", str(30 + n)))
            self.inlet("backup", "kept", "--keep", 2)
        listed = self.inlet("restore", "kept", "--list", "--json").json["generations"]
        self.assertEqual([item["generation"] for item in listed], [2, 3])
        for generation in (2, 3):
            self.data = self.path(f"data-{generation}")
            self.assertEqual(self.inlet("restore", "kept", "--generation", generation, "--json").json["findings"], [])

    def test_damage_in_a_backup_is_named(self):
        self.people(FIRST)
        self.inlet("backup", "kept")
        (path,) = glob.glob(self.path("kept/objects/people/*/*"))
        with open(path, "r+b") as file:
            file.write(b"X")
        self.data = self.path("elsewhere")
        restored = self.inlet("restore", "kept", "--json", code=1).json
        self.assertEqual([item["code"] for item in restored["findings"]], ["object-corrupt", "object-missing"])
        self.assertIn("submission 1", restored["findings"][1]["message"])
        self.assertEqual(len(self.content()[0]), 2)
        with open(self.path("kept/generations/1/catalog.sqlite"), "r+b") as file:
            file.seek(100)
            file.write(b"XXXX")
        self.data = self.path("third")
        self.error("restore", "kept", code="backup-damaged", exit_code=3)

    def test_a_folder_of_something_else_is_left_alone(self):
        self.write("kept/letter.txt", "dear")
        self.error("backup", "kept", code="folder-not-empty", exit_code=2)
        self.assertEqual(os.listdir(self.path("kept")), ["letter.txt"])

    def test_cut_off_anywhere(self):
        self.people(FIRST)
        self.inlet("backup", "kept")
        self.people(SECOND)
        before = self.content()
        for point in ("pipeline.backup-stores-copied", "objects.before-rename", "pipeline.backup-objects-copied", "pipeline.backup-unfinished"):
            self.inlet("backup", "kept", env={"INLET_DIE_AT": point}, code=-signal.SIGKILL)
            self.assertEqual(len(self.inlet("restore", "kept", "--list", "--json").json["generations"]), 1, point)
        self.inlet("backup", "kept", env={"INLET_DIE_AT": "pipeline.backup-finished"}, code=-signal.SIGKILL)
        self.data = self.path("elsewhere")
        for point in ("objects.after-rename", "pipeline.restore-objects-copied", "pipeline.restore-stores-copied"):
            self.inlet("restore", "kept", env={"INLET_DIE_AT": point}, code=-signal.SIGKILL)
        self.assertEqual(self.inlet("restore", "kept", "--json").json["findings"], [])
        self.assertEqual(self.content(), before)


class VerifyTest(KeepingCase):
    def test_one_changed_byte_is_named(self):
        self.people(FIRST)
        self.people(SECOND)
        found = self.verified()
        self.assertEqual(found["submissions"], 2)
        self.assertGreaterEqual(found["versions"], 4) # two of the dataset, two of the model
        path = sorted(glob.glob(self.path("data/objects/people/*/*")))[0]
        with open(path, "r+b") as file:
            first = file.read(1)
            file.seek(0)
            file.write(bytes([first[0] ^ 1]))
        damaged = self.inlet("verify", "--json", code=1).json
        sha256 = "".join(path.split(os.sep)[-2:])
        self.assertTrue(any(item["code"] == "object-corrupt" and sha256 in item["message"] for item in damaged["findings"]), damaged)
        os.remove(path)
        missing = self.inlet("verify", "--json", code=1).json["findings"]
        self.assertEqual([item["code"] for item in missing], ["object-missing"])

    def test_undone_and_repeated(self):
        self.people(FIRST)
        self.people(SECOND)
        self.inlet("undo", 2)
        self.verified()
        self.inlet("undo", 3)
        self.people(FIRST.replace("bert", "BERT"))
        self.verified()


class EraseTest(KeepingCase):
    def setUp(self):
        super().setUp()
        self.people(FIRST)
        self.people(SECOND)
        self.people("id,email,age\n9,dora@example.org,1\n1,anna@example.org,700\n")

    def assert_erased(self):
        self.assertEqual(self.files_with(GONE), [])
        self.assertEqual([row["id"] for row in self.rows("SELECT id FROM people ORDER BY id")], [2, 4, 9])
        self.assertEqual(self.rows("SELECT count(*) AS n FROM mails"), [{"n": 3}])
        self.verified()

    def test_nothing_of_it_stays_anywhere(self):
        self.assertTrue(self.files_with(GONE))
        before = self.content()
        dry = self.inlet("erase", "people", "--where", "email=anna@example.org", "--dry-run", "--json").json
        self.assertEqual((dry["rows"], dry["history_rows"], dry["records"], dry["deliveries"]), (1, 1, 4, 3))
        self.assertEqual(self.content(), before)
        self.error("erase", "people", "--where", "email=anna@example.org", code="usage-error", exit_code=2)
        self.error("erase", "people", "--where", "mail=anna@example.org", "--yes", code="bad-argument", exit_code=2)
        self.error("erase", "people", "--where", "age=old", "--yes", code="bad-argument", exit_code=2)
        done = self.inlet("erase", "people", "--where", "email=anna@example.org", "--yes", "--json").json
        self.assertEqual({**done, "dry_run": True, "submission": None, "version": None}, dry)
        self.assert_erased()
        shown = self.inlet("show", done["submission"], "--json").json
        self.assertEqual(shown["kind"], "erasure")
        proof = next(event for event in shown["events"] if event["type"] == "submission.erasure-done")
        self.assertRegex(json.dumps(proof), r'condition_sha256\W+[0-9a-f]{64}')
        self.assertEqual(self.inlet("raw", 2, "--output", "-").out, "id,email,age\n4,cleo@example.org,20\n")
        self.inlet("undo", 2)
        self.assertEqual(self.files_with(GONE), [])
        self.error("undo", done["submission"], code="not-undoable", exit_code=1)

    def test_both_must_hold(self):
        done = self.inlet("erase", "people", "--where", "email=anna@example.org", "--and", "age=30", "--yes", "--json").json
        self.assertEqual((done["rows"], done["history_rows"]), (0, 1))
        self.assertEqual(len(self.content()[0]), 4)

    def test_cut_off_anywhere_it_goes_on(self):
        with open(os.path.join(os.path.dirname(__file__), "../docs/crash-points.md"), encoding="utf-8") as file:
            points = [name for name in re.findall(r"^\| `([a-z.-]+)`", file.read(), re.MULTILINE) if re.search(r"erasure-|\.erase-|\.compact-", name)]
        self.assertGreater(len(points), 8)
        shutil.copytree(self.data, self.path("loaded"))
        for point in points:
            with self.subTest(point):
                shutil.rmtree(self.data)
                shutil.copytree(self.path("loaded"), self.data)
                self.inlet("erase", "people", "--where", "email=anna@example.org", "--yes", env={"INLET_DIE_AT": point}, code=-signal.SIGKILL)
                self.inlet("retry", 4, code=None) # goes on, unless the last change was made
                self.assert_erased()
                self.assertEqual(self.inlet("show", 4, "--json").json["state"], "published")

    def test_archives_are_named_or_dropped(self):
        import zipfile

        with zipfile.ZipFile(self.path("delivery.zip"), "w") as archive:
            archive.writestr("people.csv", SECOND.replace("20", "21"))
        self.inlet("load", "delivery.zip", "--dataset", "people")
        error = self.error("erase", "people", "--where", "email=anna@example.org", "--yes", code="erasure-incomplete", exit_code=1)
        self.assertIn("submissions 4", error["message"])
        self.inlet("erase", "people", "--where", "email=anna@example.org", "--yes", "--drop-unreadable")
        self.assertEqual(self.files_with(GONE), [])
        self.error("raw", 4, "--output", "x", code="retention-expired", exit_code=1)


class PurgeTest(KeepingCase):
    def test_everything_that_a_submission_brought(self):
        self.people(FIRST)
        self.people(SECOND)
        dry = self.inlet("purge", "--submission", 1, "--dry-run", "--json").json
        self.assertEqual((dry["rows"], dry["history_rows"], dry["deliveries"]), (1, 1, 1))
        done = self.inlet("purge", "--submission", 1, "--yes", "--json").json
        self.assertEqual((done["rows"], done["history_rows"]), (1, 1))
        self.assertEqual([row["id"] for row in self.rows("SELECT id FROM people ORDER BY id")], [1, 4])
        self.assertEqual(self.inlet("show", 1, "--json").json["state"], "purged")
        self.assertEqual(self.files_with(b"bert@example.org"), [])
        self.error("undo", 1, code="not-undoable", exit_code=1)
        self.error("purge", "--submission", 1, "--yes", code="wrong-state", exit_code=1)
        self.error("retry", 1, code="wrong-state", exit_code=1)
        self.verified()

    def test_all_that_is_kept_beside_the_live_rows(self):
        self.people(FIRST)
        self.people(SECOND)
        before = self.content()
        purged = self.inlet("purge", "--dataset", "people", "--yes", "--json").json
        self.assertEqual((purged["raw"], purged["rejects"], purged["history_rows"]), (2, 1, 1))
        self.assertEqual(self.content(), before)
        self.assertEqual(glob.glob(self.path("data/objects/people/*/*")), [])
        self.error("purge", "--dataset", "nobody", "--yes", code="unknown-dataset", exit_code=2)
        self.verified()


class ServingTest(ServerCase):
    def test_a_server_makes_the_backup_itself(self):
        self.deliver(ITEMS)
        folder = self.path("kept")
        error = self.error("backup", folder, "--wait", "0", code="project-locked", exit_code=3)
        self.assertIn("/v1/backups?dir=", error["message"])
        code, _, body = self.call("POST", f"/v1/backups?dir={folder}&keep=2")
        self.assertEqual(code, 201, body)
        self.problem("POST", "/v1/backups?dir=kept", 400, "bad-argument")
        self.deliver(ITEMS.replace("pear", "PEAR"))
        self.end(self.server)
        os.rename(self.path("data"), self.path("old"))
        self.assertEqual(self.inlet("restore", folder, "--json").json["findings"], [])
        self.assertEqual(self.rows("FROM names"), [{"name": "apple"}, {"name": "pear"}, {"name": "plum"}])


if __name__ == "__main__":
    unittest.main()
