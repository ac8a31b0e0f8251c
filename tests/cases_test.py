#!/usr/bin/env python3
"""The format cases of cases/ through the real binary: what `validate` reports of each, and the rows that a load brings into the table."""

import json
import os
import unittest

from inlet_case import InletCase

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")


def names():
    return sorted(name for name in os.listdir(CASES) if os.path.isdir(os.path.join(CASES, name)))


def read_json(name, file):
    path = os.path.join(CASES, name, file)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as text:
        return json.load(text)


def rows_of(text):
    """The records of a CSV text that was written by Inlet; an unquoted empty cell is None."""
    rows, row, cell, quoted, at = [], [], "", None, 0
    while at < len(text):
        sign = text[at]
        if quoted:
            if sign == '"' and text[at + 1:at + 2] == '"':
                cell, at = cell + '"', at + 1
            elif sign == '"':
                quoted = False
            else:
                cell += sign
        elif sign == '"':
            quoted = True
        elif sign == "," or text.startswith("\r\n", at):
            row.append(None if cell == "" and quoted is None else cell)
            cell, quoted = "", None
            if sign != ",":
                rows.append(row)
                row, at = [], at + 1
        else:
            cell += sign
        at += 1
    return rows


class CasesTest(InletCase):
    project = None

    def test_validate(self):
        self.assertGreaterEqual(len(names()), 80)
        for name in names():
            with self.subTest(name):
                expected = read_json(name, "expected.json")
                arguments = ["validate", os.path.join(CASES, name, "input.csv"), "--json"]
                for option in ("schema", "dialect"):
                    if os.path.exists(os.path.join(CASES, name, option + ".json")):
                        arguments += ["--" + option, os.path.join(CASES, name, option + ".json")]
                report = self.inlet(*arguments, code=1 if expected["violations"] else 0).json
                self.assertEqual(report["dialect"], expected["dialect"])
                found = [{key: error[key] for key in wanted} for error, wanted in zip(report["errors"], expected["violations"])]
                self.assertEqual(found, expected["violations"])
                self.assertEqual(report["errors_total"], len(expected["violations"]), report["errors"])
                if all(violation["row"] for violation in expected["violations"]):
                    self.assertEqual(report["accepted"], len(expected["rows"]))

    def test_load(self):
        datasets = {}
        for name in names():
            schema = read_json(name, "schema.json")
            if schema:
                dataset = {"schema": schema, "rejects": {"max_share": "100%", "then": "publish_rest"}}
                dialect = read_json(name, "dialect.json")
                if dialect:
                    dataset["dialect"] = dialect
                datasets[name.replace("-", "_")] = (name, dataset)
        self.write("inlet.yaml", json.dumps({"project": "cases", "datasets": {key: dataset for key, (_, dataset) in datasets.items()}}))
        for key, (name, _) in datasets.items():
            with self.subTest(name):
                expected = read_json(name, "expected.json")
                whole = all(violation["row"] for violation in expected["violations"])
                loaded = self.inlet("load", os.path.join(CASES, name, "input.csv"), "--dataset", key, "--json", code=0 if whole else 1).json
                self.assertEqual(loaded["state"], "published" if whole else "rejected")
                rows = rows_of(self.inlet("query", f"SELECT * EXCLUDE (_version, _submission) FROM {key}", "--format", "csv").out)[1:]
                self.assertEqual(sorted(rows, key=repr), sorted(expected["rows"], key=repr))


if __name__ == "__main__":
    unittest.main()
