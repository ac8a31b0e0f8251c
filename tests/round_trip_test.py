#!/usr/bin/env python3
"""A delivery's whole way through the command line: in, looked at, corrected, compared, taken back, forgotten."""

import csv
import io
import json
import os
import unittest

from inlet_case import ITEMS, InletCase


class RoundTripTest(InletCase):
    def test_load_query_undo(self):
        first = self.load(ITEMS)
        self.assertEqual((first["state"], first["version"]), ("published", 1))
        self.assertEqual(self.rows("SELECT id, name, price, tags FROM items ORDER BY id"), [
            {"id": 1, "name": "apple", "price": 1.5, "tags": ["red"]},
            {"id": 2, "name": "pear", "price": 2, "tags": None},
            {"id": 3, "name": "plum", "price": 7, "tags": []},
        ])
        second = self.load("id,name,price,tags\n2,pear,9,\n4,fig,1,\n", name="second.csv")
        self.assertEqual((second["parts"][0]["inserted"], second["parts"][0]["updated"]), (1, 1))
        self.assertEqual(self.rows("SELECT count(*) AS n FROM cheap"), [{"n": 2}])
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items", "--as-of", "1"), [{"n": 3}])
        diff = self.inlet("diff", "items", 1, 2, "--json").json
        self.assertEqual([(c["change"], (c["after"] or c["before"])["id"]) for c in diff["changes"]], [("updated", 2), ("inserted", 4)])
        self.assertEqual(diff["changes"][1]["after"], {"id": 4, "name": "fig", "price": 1, "tags": None})
        model = self.inlet("diff", "cheap", 0, 1, "--json").json
        self.assertEqual([c["after"] for c in model["changes"]], [{"id": 1, "name": "apple"}, {"id": 2, "name": "pear"}])
        self.assertEqual(self.inlet("diff", "cheap", 1, 1, "--json").json["changes"], [])
        self.error("diff", "items", 0, 77, code="unknown-version", exit_code=2)
        # An error halfway takes the place of what was begun.
        self.error("query", "SELECT CASE WHEN range < 5000 THEN 1 ELSE error('no') END FROM range(9000)", code="query-invalid", exit_code=2)
        undone = self.inlet("undo", second["submission"], "--json").json
        self.assertEqual((undone["version"], undone["undone"]), (3, [2]))
        self.assertEqual(self.inlet("diff", "items", 1, 3, "--json").json["changes"], [])
        again = self.inlet("undo", undone["submission"], "--json").json
        self.assertEqual(self.inlet("diff", "items", 2, again["version"], "--json").json["changes"], [])

    def test_a_person_is_told_the_code_and_the_way_out(self):
        self.write("bad.csv", "id,name,price,tags\n0,x,1,\n")
        for command in (["load", "bad.csv", "--dataset", "items", "--dry-run"], ["load", "bad.csv", "--dataset", "items"], ["show", 1], ["retry", 1]):
            out = self.inlet(*command, code=None).out
            self.assertIn("too-many-rejects", out, command)
            self.assertIn("what to do: ", out, command)

    def test_what_retention_let_go_is_told_apart(self):
        self.write("inlet.yaml", self.project.replace("write: upsert", "write: upsert\n    retention: {raw: 0s, rejects: 0s}"))
        self.load("id,name,price,tags\n1,x,1,\n0,x,1,\n")
        self.inlet("prune")
        for command in ("rejects", "errors"):
            self.error(command, 1, code="retention-expired", exit_code=1)

    def test_undo_by_version_and_cascade(self):
        self.load(ITEMS)
        self.load("id,name,price,tags\n2,pear,9,\n", name="second.csv")
        refused = self.error("undo", 1, code="undo-conflict", exit_code=1)
        self.assertIn("2", refused["message"])
        rehearsed = self.inlet("undo", "--version", 1, "--cascade", "--dry-run", "--json").json
        self.assertEqual((rehearsed["dry_run"], rehearsed["undone"], rehearsed["version"]), (True, [1, 2], None))
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 3}])
        self.inlet("undo", "--version", 1, "--cascade")
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 0}])
        self.error("undo", 1, code="already-undone", exit_code=1)
        self.error("undo", "--version", 77, code="unknown-version", exit_code=2)
        self.error("undo", 77, code="unknown-submission", exit_code=2)
        self.error("undo", code="usage-error", exit_code=2)

    def test_rejects_go_back_to_the_sender(self):
        text = "id,name,price,tags\r\n1,\"a \"\"b\"\"\",1,\r\n0,c,x,\r\n3,,1,\r\n"
        loaded = self.load(text, name="d.csv", code=1)
        self.assertEqual(loaded["state"], "rejected")
        self.assertEqual(loaded["reason"]["code"], "too-many-rejects")
        self.assertEqual(self.inlet("raw", 1, "--output", "-").out, text)
        self.inlet("raw", 1, "--output", self.path("raw.csv"))
        self.assertEqual(self.read("raw.csv"), text.encode())
        rejects = self.inlet("rejects", 1).out
        self.inlet("rejects", 1, "--output", self.path("r.csv"))
        self.assertEqual(self.read("r.csv").decode(), rejects)
        rows = list(csv.DictReader(io.StringIO(rejects)))
        self.assertEqual([(row["_row"], row["name"]) for row in rows], [("2", "c"), ("3", "")])
        self.assertIn("0,c,x,", rejects)
        as_json = self.inlet("rejects", 1, "--json").json
        self.assertEqual((as_json["csv"], as_json["rejected"]), (rejects, 2))
        errors = self.inlet("errors", 1, "--json").json
        self.assertEqual(errors["errors_total"], 3)
        self.assertEqual([(e["part"], e["row"], e["field"], e["code"]) for e in errors["errors"]], [
            (1, 2, "id", "constraint-error"), (1, 2, "price", "type-error"), (1, 3, "name", "constraint-error")])
        self.assertEqual(len(self.inlet("errors", 1, "--limit", 1, "--json").json["errors"]), 1)
        self.assertIn("`name` is missing", self.inlet("errors", 1).out)

    def test_the_same_bytes_are_one_delivery(self):
        first = self.load(ITEMS)
        self.assertNotIn("duplicate", first)
        second = self.load(ITEMS)
        self.assertEqual((second["submission"], second["duplicate"]), (1, True))
        self.assertIn("delivered before", self.inlet("load", "delivery.csv", "--dataset", "items").out)
        third = self.inlet("load", "delivery.csv", "--dataset", "items", "--again", "--json").json
        self.assertNotIn("duplicate", third)
        self.assertEqual((third["version"], third["parts"][0]["unchanged"]), (2, 3))

    def test_dry_run_changes_nothing(self):
        self.load(ITEMS)
        path = self.write("next.csv", "id,name,price,tags\n1,apple,8,\n9,kiwi,1,\n0,x,1,\n")
        run = self.inlet("load", path, "--dataset", "items", "--dry-run", "--json").json
        self.assertEqual((run["dry_run"], run["submission"], run["state"], run["version"]), (True, None, "published", None))
        part = run["parts"][0]
        self.assertEqual((part["accepted"], part["rejected"], part["inserted"], part["updated"]), (2, 1, 1, 1))
        self.assertEqual({row["change"] for row in run["changes"][0]["sample"]}, {"inserted", "updated"})
        self.assertEqual(run["models"], [{"model": "cheap", "inserted": 1, "updated": 0, "deleted": 1}])
        self.assertIn("nothing was changed", self.inlet("load", path, "--dataset", "items", "--dry-run").out)
        self.assertEqual(len(self.inlet("submissions", "--json").json["submissions"]), 1)
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 3}])

    def test_where_a_file_goes(self):
        self.write("items.csv", ITEMS)
        self.assertEqual(self.inlet("load", "items.csv", "--json").json["parts"][0]["dataset"], "items")
        self.write("other.csv", ITEMS)
        error = self.error("load", "other.csv", code="ambiguous-target", exit_code=2)
        self.assertIn("--dataset items, --dataset log", error["message"])
        loaded = self.inlet("load", "-", "--dataset", "items", "--json", stdin="id,name,price,tags\n5,fig,1,\n").json
        self.assertEqual(loaded["parts"][0]["inserted"], 1)
        self.assertEqual(self.inlet("load", "-", "--dataset", "items", "--dry-run", "--json",
                                    stdin="id,name,price,tags\n6,fig,1,\n").json["parts"][0]["inserted"], 1)

    def test_submissions_and_show(self):
        self.load(ITEMS)
        self.load("at,text\n2024-01-01T00:00:00Z,x\n", dataset="log")
        self.load("at,text\nnever,x\n", dataset="log", code=1, name="bad.csv")
        every = self.inlet("submissions", "--json").json["submissions"]
        self.assertEqual([s["submission"] for s in every], [3, 2, 1])
        self.assertEqual([s["state"] for s in every], ["rejected", "published", "published"])
        for options, expected in ((["--dataset", "log"], [3, 2]), (["--state", "rejected"], [3]), (["--limit", "1"], [3]),
                                  (["--before", "3"], [2, 1])):
            listed = self.inlet("submissions", *options, "--json").json["submissions"]
            self.assertEqual([s["submission"] for s in listed], expected, options)
        shown = self.inlet("show", 3, "--json").json
        self.assertEqual((shown["state"], shown["file_name"], shown["target"], shown["kind"]), ("rejected", "bad.csv", "log", "delivery"))
        self.assertEqual(shown["events"][-1]["type"], "submission.rejected")
        self.assertIn("rejected", self.inlet("show", 3).out)
        self.error("show", 99, code="unknown-submission", exit_code=2)

    def test_versions(self):
        self.assertEqual(self.inlet("versions", "--json").json, {"versions": []})
        self.load(ITEMS)
        self.inlet("undo", 1)
        lines = self.inlet("versions", "items", "--json").json["versions"]
        self.assertEqual([(v["version"], v["kind"], v["submission"], v["undoes"]) for v in lines], [(2, "undo", 2, [1]), (1, "upsert", 1, [])])
        self.assertEqual(len(self.inlet("versions", "--limit", 1, "--json").json["versions"]), 1)

    def test_export_in_every_format(self):
        self.load(ITEMS)
        self.inlet("export", "items", "--output", "items.csv")
        rows = list(csv.DictReader(io.StringIO(self.read("items.csv").decode())))
        self.assertEqual(sorted(row["name"] for row in rows), ["apple", "pear", "plum"])
        self.assertEqual(list(rows[0]), ["id", "name", "price", "tags"])
        self.inlet("export", "items", "--output", "items.json")
        self.assertEqual(len(json.loads(self.read("items.json"))), 3)
        lines = self.inlet("export", "items", "--format", "ndjson", "--with-versions").out.splitlines()
        self.assertEqual({json.loads(line)["_submission"] for line in lines}, {1})
        self.inlet("export", "items", "--output", "items.parquet")
        self.assertEqual(self.read("items.parquet")[:4], b"PAR1")
        self.assertEqual(self.inlet("export", "items", "--as-of", 0).out, "id,name,price,tags\r\n")
        self.assertEqual(len(self.inlet("export", "cheap").out.splitlines()), 3)
        self.load("".join(self.read("items.csv").decode()), name="back.csv")
        self.assertEqual(self.inlet("diff", "items", 1, 2, "--json").json["changes"], [])
        self.error("export", "itms", code="unknown-dataset", exit_code=2)
        self.error("export", "items", "--as-of", 9, code="unknown-version", exit_code=2)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith(".")], [])

    def test_prune_forgets_by_retention(self):
        self.write("inlet.yaml", self.project.replace("write: upsert", "write: upsert\n    retention: {raw: 1s, rejects: 1s, history: 1s}"))
        self.load(ITEMS)
        self.load("id,name,price,tags\n1,apple,2,\n0,x,1,\n", name="second.csv")
        done = self.inlet("prune", "--dry-run", "--json").json
        self.assertEqual(set(done), {"dry_run", "raw", "rejects", "history_rows", "objects", "bytes", "young_objects", "young_bytes"})
        # The clock is the machine's: a second passes while the program is asked again.
        for _ in range(200):
            pruned = self.inlet("prune", "--json").json
            if pruned["history_rows"] > 0:
                break
        self.assertGreater(pruned["history_rows"], 0)
        self.error("query", "FROM items", "--as-of", 1, code="version-pruned", exit_code=1)
        self.error("raw", 1, "--output", "x", code="retention-expired", exit_code=1)
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 3}])


class HoldTest(InletCase):
    project = """
project: hold
datasets:
  items:
    schema: {fields: [{name: id, type: integer}, {name: name}], primaryKey: id}
    write: sync
    deletes: {policy: missing, max_rows: 1, over_limit: hold}
  log:
    schema: {fields: [{name: n, type: integer}]}
    rejects: {max_rows: 1, then: hold}
"""

    def held(self):
        self.load("id,name\n1,a\n2,b\n3,c\n")
        loaded = self.load("id,name\n1,A\n", name="next.csv")
        self.assertEqual((loaded["state"], loaded["parts"][0]["updated"], loaded["parts"][0]["held_deletes"]), ("published", 1, 2))
        self.assertEqual(loaded["held_deletes"], [{"submission": 3, "dataset": "items", "rows": 2}])
        return loaded["held_deletes"][0]["submission"]

    def test_held_deletions_are_looked_at_and_approved(self):
        held = self.held()
        self.assertEqual(self.inlet("submissions", "--state", "held", "--json").json["submissions"][0]["submission"], held)
        changes = self.inlet("show", held, "--changes", "--json").json["changes"][0]
        self.assertEqual((changes["deleted"], [row["before"]["id"] for row in changes["sample"]]), (2, [2, 3]))
        self.assertIn("- id=2, name=b", self.inlet("show", held, "--changes").out)
        approved = self.inlet("approve", held, "--json").json
        self.assertEqual((approved["state"], approved["parts"][0]["deleted"]), ("published", 2))
        self.assertEqual(self.rows("SELECT id FROM items"), [{"id": 1}])
        self.error("approve", held, code="not-held", exit_code=1)

    def test_held_deletions_are_cancelled(self):
        held = self.held()
        self.assertEqual(self.inlet("cancel", held, "--json").json["state"], "cancelled")
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 3}])
        self.error("cancel", held, code="wrong-state", exit_code=1)

    def test_held_deletions_are_dropped_once_a_later_snapshot_stands(self):
        held = self.held()
        self.load("id,name\n1,A\n2,B\n", name="more.csv")
        refused = self.inlet("approve", held, "--json", code=1).json
        self.assertEqual((refused["state"], refused["reason"]["code"]), ("rejected", "superseded-by-snapshot"))
        self.assertEqual(self.rows("SELECT id FROM items ORDER BY id"), [{"id": 1}, {"id": 2}])

    def test_rejects_are_held(self):
        loaded = self.load("n\n1\nx\n", dataset="log", code=1)
        self.assertEqual((loaded["state"], loaded["version"]), ("held", None))
        self.assertEqual(self.inlet("approve", loaded["submission"], "--json").json["state"], "published")
        self.assertEqual(self.rows("SELECT n FROM log"), [{"n": 1}])

    def test_retry_after_the_contract_was_mended(self):
        loaded = self.load("n\nx\ny\n", dataset="log", code=1)
        self.assertEqual(loaded["state"], "rejected")
        self.write("inlet.yaml", self.project.replace("{max_rows: 1, then: hold}", "{max_rows: 2, then: publish_rest}"))
        retried = self.inlet("retry", loaded["submission"], "--json").json
        self.assertEqual((retried["state"], retried["parts"][0]["rejected"]), ("published", 2))
        self.error("retry", loaded["submission"], code="wrong-state", exit_code=1)


if __name__ == "__main__":
    unittest.main()
