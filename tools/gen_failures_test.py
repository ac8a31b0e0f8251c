#!/usr/bin/env python3
"""Tests the strict reading of failures.yaml, and that what is generated from it is what a program would expect."""

import importlib.util
import json
import unittest

import gen_failures

KINDS = "kinds:\n  - kind: record\n    exit: 1\n    meaning: A record.\n"
FAILURE = "  - code: type-error\n    kind: record\n    http: 422\n    meaning: Wrong.\n    what_to_do: Mend it.\n"
GOOD = KINDS + "failures:\n" + FAILURE


class Reading(unittest.TestCase):
    def read(self, text):
        return gen_failures.checked(gen_failures.parse(text))

    def refuse(self, text, why):
        with self.assertRaisesRegex(gen_failures.BadList, why):
            self.read(text)

    def test_good(self):
        self.assertEqual(self.read("# a comment\n\n" + GOOD)["failures"], [
            {"code": "type-error", "kind": "record", "http": 422, "meaning": "Wrong.", "what_to_do": "Mend it."}])

    def test_same_code_twice(self):
        self.refuse(GOOD + FAILURE, "named twice")

    def test_unknown_kind(self):
        self.refuse(GOOD.replace("kind: record\n    http", "kind: recrod\n    http"), "unknown kind recrod")

    def test_code_that_is_no_name(self):
        for code in ("TypeError", "type_error", "type--error", "new"):
            self.refuse(GOOD.replace("type-error", code), "not a usable name")

    def test_keys_out_of_order(self):
        self.refuse(GOOD.replace("    http: 422\n    meaning: Wrong.\n", "    meaning: Wrong.\n    http: 422\n"),
                    "failures.yaml:8: http is expected here, not meaning")

    def test_entry_that_ends_early(self):
        self.refuse(GOOD.replace("    what_to_do: Mend it.\n", ""), "incomplete entry")

    def test_http_status(self):
        for status in ("200", "4220", "many"):
            self.refuse(GOOD.replace("422", status), "http must be")

    def test_text_that_yaml_reads_otherwise(self):
        for text in ("Wrong: very.", "Wrong # or not.", "'Wrong.'", "[Wrong].", "*Wrong.", ""):
            self.refuse(GOOD.replace("Wrong.", text), "failures.yaml:9")

    def test_text_that_is_no_sentence(self):
        self.refuse(GOOD.replace("Wrong.", "Wrong"), "must be a sentence")

    def test_unknown_section(self):
        self.refuse(GOOD + "others:\n", "unknown or repeated section others")


class Generated(unittest.TestCase):
    def setUp(self):
        self.lists = gen_failures.load()
        self.codes = [failure["code"] for failure in self.lists["failures"]]

    def test_python(self):
        spec = importlib.util.spec_from_file_location(
            "failures", gen_failures.ROOT / "clients/python/inlet/failures.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.assertEqual([code.value for code in module.FAILURES], self.codes)
        self.assertEqual(module.FailureCode.TYPE_ERROR, "type-error")
        self.assertEqual(module.FAILURES[module.FailureCode.TYPE_ERROR].http_status, 422)
        self.assertIs(module.FAILURES[module.FailureCode.DISK_FULL].kind, module.FailureKind.SYSTEM)

    def test_json(self):
        rows = json.loads(gen_failures.tree_files(self.lists)["docs/failures.json"])
        self.assertEqual([row["code"] for row in rows], self.codes)
        self.assertEqual({row["exit_code"] for row in rows if row["kind"] == "system"}, {3})

    def test_every_output_names_every_code(self):
        outputs = dict(gen_failures.tree_files(self.lists), cpp=gen_failures.cpp_source(self.lists))
        for name, text in outputs.items():
            quote = "`" if name.endswith(".md") else '"'
            for code in self.codes:
                self.assertIn(f"{quote}{code}{quote}", text, name)


if __name__ == "__main__":
    unittest.main()
