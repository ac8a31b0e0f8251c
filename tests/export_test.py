#!/usr/bin/env python3
"""An export is a delivery: loaded again under the same contract it gives equal rows, or it is refused."""

import csv
import io
import unittest

from inlet_case import InletCase

PROJECT = """
project: p
datasets:
  all:
    schema:
      fields:
        - {name: id, type: integer, constraints: {required: true}}
        - {name: text, type: string}
        - {name: whole, type: integer, groupChar: "'"}
        - {name: real, type: number}
        - {name: german, type: number, decimalChar: ",", groupChar: "."}
        - {name: truth, type: boolean, trueValues: ["yes", "-1"], falseValues: ["no"]}
        - {name: day, type: date, format: "%d/%m/%Y"}
        - {name: iso day, type: date}
        - {name: moment, type: datetime, format: "%d %b %Y, %H:%M:%S.%f"}
        - {name: iso moment, type: datetime}
        - {name: hour, type: time, format: "%I:%M %p"}
        - {name: any day, type: date, format: any}
        - {name: tree, type: object, format: python}
        - {name: list, type: array}
        - {name: free, type: any}
      primaryKey: id
      missingValues: ["-1", "-", "n/a"]
    dialect: DIALECT
"""

CSV = """id,text,whole,real,german,truth,day,iso day,moment,iso moment,hour,any day,tree,list,free
1,plain,1'000,1.5,"1.234,5",yes,31/12/2024,2024-12-31,"01 Feb 2003, 04:05:06.000007",2024-12-31T23:59:59Z,09:30 PM,3 Feb 2020,{'a': None},"[1, ""x""]",x
2,,-,NaN,"-0,5",no,-,-,-,-,-,-,-,-,-
3,"a ""b"", c
d",7,INF,-,-1,01/01/0001,0001-01-01,-,2024-12-31T23:59:59.5+01:00,12:00 AM,-,{},[],"; | 	"
4, x ,+1,-INF,0,yes,-,9999-12-31,-,-,-,-,"{'k': ""it's""}",[],''
5,NaN,0,1e300,"0,1",n/a,-,-,-,-,12:00 PM,-,-,-,'
6,n/a,-,-,-,-,-,-,-,-,-,-,-,-,n/a
"""


class ExportTest(InletCase):
    project = ""

    def project_with(self, dialect, replace=("", "")):
        self.write("inlet.yaml", PROJECT.replace("DIALECT", dialect).replace(*replace))

    def load_file(self, name, code=0):
        return self.inlet("load", name, "--dataset", "all", "--again", "--json", code=code).json

    def contents(self):
        return self.rows("SELECT * EXCLUDE (_version, _submission, real), real::VARCHAR AS real FROM \"all\" ORDER BY id")

    def round_trip(self, dialect, text=CSV):
        self.setUp()
        self.project_with(dialect)
        self.write("first.csv", text)
        self.load_file("first.csv")
        before = self.contents()
        self.assertEqual(len(before), 6)
        self.inlet("export", "all", "--output", "out.csv")
        other = self.path("other")
        self.write("other/inlet.yaml", self.read("inlet.yaml"))
        self.inlet("load", self.path("out.csv"), "--dataset", "all", cwd=other)
        self.write("inlet.yaml", self.read("inlet.yaml").decode().replace("project: p", "project: p\nstorage: {data: ./other/data}"))
        self.assertEqual(self.contents(), before)
        return self.read("out.csv").decode()

    def test_every_type_reads_back(self):
        text = self.round_trip("{}")
        self.assertIn("1,plain,1000,1.5,\"1234,5\",yes,31/12/2024,", text)
        self.assertIn(",09:30 PM,", text)
        self.assertIn("\r\n2,,-1,NaN,", text)

    def test_in_a_declared_dialect(self):
        text = self.round_trip('{delimiter: ";", quoteChar: "\'", header: true}', "".join(self.semicolons(CSV)))
        self.assertTrue(text.startswith("id;text;whole;"))
        text = self.round_trip("{header: false}", CSV.split("\n", 1)[1])
        self.assertFalse(text.startswith("id"))

    @staticmethod
    def semicolons(text):
        for row in csv.reader(io.StringIO(text)):
            yield ";".join("'" + cell.replace("'", "''") + "'" for cell in row) + "\n"

    def test_a_value_without_a_text_is_refused(self):
        self.project_with("{}")
        self.write("first.csv", CSV)
        self.load_file("first.csv")
        # `NaN` of a text is now a missing value.
        self.project_with("{}", ('["-1", "-", "n/a"]', '["-1", "-", "NaN"]'))
        error = self.error("export", "all", "--output", "out.csv", code="value-unwritable", exit_code=2)
        self.assertIn("`text` holds the text `NaN`", error["message"])
        self.assertEqual(error["context"], {"field": "text"})
        with self.assertRaises(FileNotFoundError):
            self.read("out.csv")
        self.inlet("export", "all", "--output", "out.parquet")

    def test_a_lone_column_is_not_split(self):
        self.write("inlet.yaml", "project: p\ndatasets:\n  all: {schema: {fields: [{name: t}], missingValues: ['-']}}\n")
        texts = ["a;b", "c;d", "x|y", "'q'", "it's", "p\tq"]
        self.write("first.csv", "t\n" + "".join(f'"{text}"\n' for text in texts))
        self.load_file("first.csv")
        self.inlet("export", "all", "--output", "out.csv")
        self.load_file("out.csv")
        self.assertEqual(self.rows('SELECT t, count(*) AS n FROM "all" GROUP BY t ORDER BY t'),
                         [{"t": text, "n": 2} for text in sorted(texts)])


if __name__ == "__main__":
    unittest.main()
