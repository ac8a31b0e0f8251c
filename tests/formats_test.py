#!/usr/bin/env python3
"""The fixed formats: what other programs rely on in the output of validate, load, query and failures."""

import csv
import io
import json
import os
import subprocess
import unittest
import zipfile

from inlet_case import INLET, ITEMS, REPOSITORY, InletCase

SCHEMA = json.dumps({
    "fields": [
        {"name": "id", "type": "integer", "constraints": {"required": True}},
        {"name": "day", "type": "date"},
        {"name": "score", "type": "number", "constraints": {"maximum": 5}},
    ],
    "primaryKey": "id",
})


class ValidateTest(InletCase):
    project = None

    def setUp(self):
        super().setUp()
        self.write("schema.json", SCHEMA)

    def validate(self, text, *options, code=1):
        self.write("x.csv", text)
        return self.inlet("validate", "x.csv", "--json", *options, code=code).json

    def test_form(self):
        report = self.validate('id;day;score\r\n1;2024-02-30;7.5\r\n\r\n"2";2024-02-29;1\r\n2;;2\r\n', "--schema", "schema.json")
        self.assertEqual(list(report), ["valid", "rows", "accepted", "rejected", "errors_total", "counts", "errors", "dialect", "seconds"])
        self.assertEqual((report["valid"], report["rows"], report["accepted"], report["rejected"]), (False, 4, 1, 3))
        self.assertEqual(report["errors_total"], 4)
        self.assertEqual(sorted((c["code"], c["field"] or "", c["count"]) for c in report["counts"]), [
            ("blank-row", "", 1), ("constraint-error", "score", 1), ("primary-key", "id", 1), ("type-error", "day", 1)])
        self.assertEqual(report["dialect"], {"delimiter": ";", "quoteChar": '"', "header": True})
        self.assertIsInstance(report["seconds"], (int, float))  # a number; 0 on a fast machine
        first = report["errors"][0]
        self.assertEqual(list(first), ["code", "row", "line", "byte", "field", "column", "value", "message", "record"])
        self.assertEqual({**first, "message": ""}, {
            "code": "type-error", "row": 1, "line": 2, "byte": 14, "field": "day", "column": 2, "value": "2024-02-30", "message": "",
            "record": "1;2024-02-30;7.5"})
        self.assertIn("`day`", first["message"])
        self.assertEqual([(e["code"], e["row"], e["line"], e["field"], e["column"]) for e in report["errors"][1:]], [
            ("constraint-error", 1, 2, "score", 3), ("blank-row", 2, 3, None, None), ("primary-key", 4, 5, "id", None)])

    def test_nothing_wrong(self):
        report = self.validate("id,day,score\n1,,\n", "--schema", "schema.json", code=0)
        self.assertEqual((report["valid"], report["counts"], report["errors"]), (True, [], []))

    def test_without_a_schema_only_the_structure_counts(self):
        report = self.validate("a,b\nx,y\n1\n1,2,3\n", code=1)
        self.assertEqual({c["code"]: c["count"] for c in report["counts"]}, {"extra-cell": 1, "missing-cell": 1})
        self.assertEqual(self.validate("a,b\nx,y\n", code=0)["rows"], 1)

    def test_labels_are_errors_of_the_file(self):
        report = self.validate("id,day\n1,2024-01-01\n", "--schema", "schema.json")
        self.assertFalse(report["valid"])
        self.assertEqual([(e["code"], e["row"], e["field"]) for e in report["errors"]], [("missing-label", 0, "score")])

    def test_so_many_errors_are_listed_and_all_are_counted(self):
        text = "id,day,score\n" + "".join(f"{n},x,9\n" for n in range(3000))
        for most in (0, 1, 7, 6000, 10_000):
            report = self.validate(text, "--schema", "schema.json", "--errors-max", str(most))
            self.assertEqual((len(report["errors"]), report["errors_total"]), (min(most, 6000), 6000))
            self.assertEqual([e["row"] for e in report["errors"][:4]], [1, 1, 2, 2][:most])
        self.assertEqual(len(self.validate(text, "--schema", "schema.json")["errors"]), 1000)

    def test_rejects_are_the_records_as_they_came(self):
        os.makedirs(self.path("out"))
        self.validate("id,day,score\r\n1,x,\"1\"\r\n2,2024-01-01,2\r\n,,3\r\n", "--schema", "schema.json", "--rejects", "out/r.csv")
        text = self.read("out/r.csv")
        self.assertIn(b'1,x,"1"', text)
        rows = list(csv.DictReader(io.StringIO(text.decode())))
        self.assertEqual([(row["_row"], row["_code"], row["_field"], row["day"]) for row in rows],
                         [("1", "type-error", "day", "x"), ("3", "constraint-error", "id", "")])
        self.assertEqual(os.listdir(self.path("out")), ["r.csv"])

    def test_standard_input_and_pipes(self):
        text = "id,day,score\n1,,\n1,,\n"
        report = self.inlet("validate", "-", "--schema", "schema.json", "--json", stdin=text, code=1).json
        self.assertEqual([e["row"] for e in report["errors"]], [2])
        done = subprocess.run(["bash", "-c", f"'{INLET}' validate <(printf '{text}') --schema schema.json --json"], cwd=self.folder,
                              stdout=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, json.loads(done.stdout)["rejected"]), (1, 1))

    def test_a_dialect_of_its_own(self):
        self.write("d.json", json.dumps({"delimiter": "|", "quoteChar": "'", "header": False}))
        report = self.validate("1|'2024-01-01'|'3'\n2||9\n", "--schema", "schema.json", "--dialect", "d.json")
        self.assertEqual(report["dialect"], {"delimiter": "|", "quoteChar": "'", "header": False})
        self.assertEqual((report["rows"], report["rejected"]), (2, 1))

    def test_for_a_person(self):
        self.write("x.csv", "id,day,score\n" + "".join(f"{n},,{9 if n < 5 else 1}\n" for n in range(10)))
        done = self.inlet("validate", "x.csv", "--schema", "schema.json", code=1)
        self.assertIn("10 records: 5 accepted, 5 rejected", done.out)
        self.assertIn("rows 1-5: `score` is 9; at most 5 is allowed", done.out)
        self.assertEqual(self.inlet("validate", "x.csv", "--schema", "schema.json", "--quiet", code=1).out, "")

    def test_memory_does_not_grow_with_the_file(self):
        record = "x," + "y" * 60_000 + ",9\n"
        with open(self.path("wide.csv"), "w", encoding="ascii") as file:
            file.write("id,day,score\n")
            for _ in range(3000):
                file.write(record)
        for options in ([], ["--json"]):
            with self.start("validate", "wide.csv", "--schema", "schema.json", *options, stdout=subprocess.DEVNULL) as process:
                _, _, usage = os.wait4(process.pid, 0)
                process.returncode = 0
            self.assertLess(usage.ru_maxrss, 96 << 10, options)

    def test_what_is_no_csv_is_refused(self):
        self.write("x.zip", b"PK\x03\x04" + bytes(100))
        self.error("validate", "x.zip", code="format-error", exit_code=1)
        self.write("x.csv", b"\x7fELF\x02\x01\x01" + bytes(100))
        self.error("validate", "x.csv", code="executable-content", exit_code=1)

    def test_text_in_another_encoding(self):
        for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
            self.write("x.csv", "id,name\n1,ä\n".encode(encoding))
            error = self.error("validate", "x.csv", code="encoding-error", exit_code=1)
            self.assertIn("iconv -f UTF-", error["message"])


class ValidateInProjectTest(InletCase):
    def test_against_a_dataset(self):
        self.write("x.csv", "id,name,price,tags\n1,a,1,\n1,b,2,\n0,c,1,\n")
        report = self.inlet("validate", "x.csv", "--dataset", "items", "--json", code=1).json
        # Under upsert a key that comes twice is no error: the last one wins.
        self.assertEqual([(c["code"], c["count"]) for c in report["counts"]], [("constraint-error", 1)])
        self.assertIn("`inlet load` would publish the rest", self.inlet("validate", "x.csv", "--dataset", "items", code=1).out)
        self.assertFalse(os.path.exists(self.path("data")), "validate stores nothing")


class LoadTest(InletCase):
    def test_form(self):
        loaded = self.load(ITEMS + "0,x,1,\n")
        self.assertEqual(list(loaded), ["submission", "state", "version", "parts", "models", "seconds"])
        self.assertEqual((loaded["submission"], loaded["state"], loaded["version"]), (1, "published", 1))
        part = loaded["parts"][0]
        self.assertEqual({key: part[key] for key in ("name", "dataset", "rows", "accepted", "rejected", "inserted", "updated", "deleted")}, {
            "name": "delivery.csv", "dataset": "items", "rows": 4, "accepted": 3, "rejected": 1, "inserted": 3, "updated": 0, "deleted": 0})
        self.assertEqual(part["counts"], [{"code": "constraint-error", "field": "id", "count": 1}])
        self.assertEqual(loaded["models"], [{"model": "cheap", "inserted": 2, "updated": 0, "deleted": 0}])

    def test_rejected_has_a_reason_and_no_version(self):
        rejected = self.load("at,text\nnever,x\n", dataset="log", code=1)
        self.assertEqual((rejected["state"], rejected["version"]), ("rejected", None))
        self.assertEqual(set(rejected["reason"]), {"code", "message", "what_to_do"})
        wrong = self.load("at,txt\n2024-01-01T00:00:00Z,x\n", dataset="log", code=1, name="labels.csv")
        self.assertEqual(wrong["state"], "rejected")
        self.assertIn(wrong["reason"]["code"], ("incorrect-label", "missing-label", "extra-label"))


class PackageTest(InletCase):
    project = """
project: p
datasets:
  a: {schema: {fields: [{name: n, type: integer}]}}
packages:
  drop: {match: "*.zip", members: {"größe/日本.csv": a}}
"""

    def test_names_of_members_are_utf8_in_any_locale(self):
        for flagged in (True, False):
            with zipfile.ZipFile(self.path("x.zip"), "w") as archive:
                archive.writestr("größe/日本.csv", f"n\n{int(flagged)}\n")
            if not flagged:  # as programs write it that do not say which charset a name is in
                data = bytearray(self.read("x.zip"))
                for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
                    data[data.index(mark) + at + 1] &= ~0x08
                self.write("x.zip", bytes(data))
            for locale in ("C", "C.UTF-8"):
                self.inlet("load", "x.zip", "--again", "--json", env={"LC_ALL": locale})
        self.assertEqual(self.rows("SELECT n, count(*) AS times FROM a GROUP BY n ORDER BY n"), [{"n": 0, "times": 2}, {"n": 1, "times": 2}])

    def test_text_in_another_encoding(self):
        with zipfile.ZipFile(self.path("x.zip"), "w") as archive:
            archive.writestr("größe/日本.csv", "n\n1\n".encode("utf-16"))
        loaded = self.inlet("load", "x.zip", "--json", code=1).json
        self.assertEqual(loaded["reason"]["code"], "encoding-error")
        self.write("a.csv", "n\n1\n".encode("utf-16"))
        self.assertEqual(self.inlet("load", "a.csv", "--json", code=1).json["reason"]["code"], "encoding-error")
        self.write("a.csv", "n\r1\r")
        reason = self.inlet("load", "a.csv", "--json", code=1).json["reason"]
        self.assertEqual(reason["code"], "format-error")
        self.assertIn("`a.csv`: the lines end in CR alone", reason["message"])


class QueryTest(InletCase):
    SQL = """SELECT 1 AS whole, 0.5::DOUBLE AS real, true AS yes, NULL AS nothing, 'a "b",' || chr(10) || 'c' AS text, '' AS empty,
             DATE '2024-02-29' AS day, TIME '12:30:00' AS hour, TIMESTAMP '2024-02-29 12:30:00.5' AS moment, '{"a":[1,null]}'::JSON AS tree,
             [1, 2] AS list, 12345678901234567890.5::DECIMAL(30,1) AS exact, 'NaN'::DOUBLE AS nan"""
    ROW = {"whole": 1, "real": 0.5, "yes": True, "nothing": None, "text": 'a "b",\nc', "empty": "", "day": "2024-02-29", "hour": "12:30:00",
           "moment": "2024-02-29T12:30:00.5", "tree": {"a": [1, None]}, "list": [1, 2], "exact": 12345678901234567890.5, "nan": None}

    def test_json(self):
        self.assertEqual(self.inlet("query", self.SQL, "--format", "json").json, [self.ROW])
        self.assertIn('"exact":12345678901234567890.5', self.inlet("query", self.SQL, "--json").out)
        self.assertEqual(self.inlet("query", "SELECT 1 WHERE false", "--json").json, [])

    def test_ndjson(self):
        done = self.inlet("query", "SELECT unnest([1, 2]) AS n ORDER BY n", "--format", "ndjson")
        self.assertEqual(done.out, '{"n":1}\n{"n":2}\n')

    def test_csv(self):
        done = self.inlet("query", self.SQL, "--format", "csv")
        self.assertTrue(done.out.endswith("\r\n"))
        header, row = list(csv.reader(io.StringIO(done.out, newline="")))
        self.assertEqual(header, list(self.ROW))
        self.assertEqual(row[:9], ["1", "0.5", "true", "", 'a "b",\nc', "", "2024-02-29", "12:30:00", "2024-02-29T12:30:00.5"])
        self.assertIn(',"",2024', done.out)

    def test_table(self):
        done = self.inlet("query", "SELECT * FROM (VALUES (1, NULL), (20, 'NULL'), (3, '')) t(n, text) ORDER BY n")
        self.assertEqual(done.out, " n  text\n--  ------\n 1  NULL\n 3  \"\"\n20  \"NULL\"\n(3 rows)\n")
        self.assertIn("(9 rows, the first 2 shown", self.inlet("query", "SELECT unnest(range(9))", "--rows", 2).out)

    def test_parquet(self):
        self.load(ITEMS)
        self.inlet("query", "FROM items", "--output", "x.parquet")
        data = self.read("x.parquet")
        self.assertEqual((data[:4], data[-4:]), (b"PAR1", b"PAR1"))
        with self.start("query", "FROM items", "--format", "parquet") as process:
            out, _ = process.communicate()
        self.assertEqual((process.returncode, out[:4]), (0, b"PAR1"))

    def test_views_models_and_versions(self):
        self.load(ITEMS)
        self.assertEqual([row["name"] for row in self.rows("FROM names")], ["apple", "pear", "plum"])
        self.assertEqual(self.rows("SELECT count(*) AS n FROM cheap"), [{"n": 2}])
        self.load("id,name,price,tags\n1,apple,9,\n", name="dear.csv")
        self.assertEqual(self.rows("SELECT count(*) AS n FROM cheap"), [{"n": 1}])
        self.assertEqual(self.rows("SELECT count(*) AS n FROM cheap", "--as-of", "1"), [{"n": 2}])
        self.assertEqual(self.inlet("query", "-", "--json", stdin="SELECT 1 AS n -- with a comment\n").json, [{"n": 1}])

    def test_only_reading(self):
        self.load(ITEMS)
        for sql in ("DELETE FROM items", "CREATE TABLE x (a INT)", "COPY items TO 'x.csv'", "ATTACH 'x.db'", "PRAGMA memory_limit='1GB'",
                    "SELECT * FROM read_csv('inlet.yaml')", "SELECT 1; DELETE FROM items"):
            done = self.inlet("query", sql, "--json", code=2)
            self.assertIn(done.json["error"]["code"], ("query-not-read-only", "query-invalid"), sql)
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 3}])
        self.error("query", "SELECT * FROM no_such_table", code="query-invalid", exit_code=2)
        self.error("query", "SELEC 1", code="query-invalid", exit_code=2)


class FailuresTest(InletCase):
    project = None

    def test_the_list_is_the_published_one(self):
        with open(os.path.join(REPOSITORY, "docs/failures.json"), encoding="utf-8") as file:
            self.assertEqual(self.inlet("failures", "--json").json, json.load(file))
        one = self.inlet("failures", "undo-conflict", "--json").json
        self.assertEqual([entry["code"] for entry in one], ["undo-conflict"])
        self.assertIn("undo-conflict", self.inlet("failures").out)
        self.error("failures", "undo-conflct", code="bad-argument", exit_code=2)


class CheckTest(InletCase):
    def test_form(self):
        report = self.inlet("check", "--json").json
        self.assertEqual({key: report[key] for key in ("valid", "project", "datasets", "models", "views", "mistakes")}, {
            "valid": True, "project": "shop", "datasets": ["items", "log"], "models": ["cheap"], "views": ["names"], "mistakes": []})

    def test_every_mistake_at_once(self):
        self.write("inlet.yaml", self.project.replace("write: upsert", "write: upsrt").replace("type: number", "type: nubmer"))
        done = self.inlet("check", "--json", code=2)
        report = done.json
        self.assertFalse(report["valid"])
        self.assertEqual([(m["line"], m["suggestion"]) for m in report["mistakes"]], [(9, "did you mean `number`?"), (12, "did you mean `upsert`?")])
        self.assertEqual(report["error"]["code"], "project-invalid")
        person = self.inlet("check", code=2)
        self.assertIn("inlet.yaml:9:", person.err)
        self.assertIn("2 mistakes", person.err)
        self.error("load", "x.csv", code="file-not-found", exit_code=2)
        self.write("x.csv", ITEMS)
        self.error("load", "x.csv", code="project-invalid", exit_code=2)

    def test_sql_is_tried(self):
        self.write("inlet.yaml", """project: p
datasets:
  a: {schema: {fields: [{name: n, type: integer}]}}
models:
  good: {sql: SELECT n FROM a}
  bad: {sql: models/bad.sql}
views:
  v: {sql: "SELECT m FROM good"}
""")
        self.write("models/bad.sql", "-- numbers\nSELECT n\nFROM aa\n")
        report = self.inlet("check", "--json", code=2).json
        self.assertEqual([(m["file"], m["line"]) for m in report["mistakes"]], [("models/bad.sql", 3), ("inlet.yaml", 8)])
        self.assertIn("model `bad`: ", report["mistakes"][0]["message"])
        self.assertIn("view `v`: ", report["mistakes"][1]["message"])
        self.assertFalse(os.path.exists(self.path("data")))

    def test_the_json_schema(self):
        self.assertIn("properties", self.inlet("check", "--json-schema").json)


if __name__ == "__main__":
    unittest.main()
