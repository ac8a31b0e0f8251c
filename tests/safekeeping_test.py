#!/usr/bin/env python3
"""What is kept: bytes that changed behind the program's back, stores that went away, and what retention forgets."""

import glob
import os
import unittest

from inlet_case import ITEMS, InletCase

BROKEN = "id,name,price,tags\n1,apple,1.5,\nx,pear,2,\ny,plum,2,\n"


class DamagedTest(InletCase):
    def damage(self, space, text):
        (path,) = glob.glob(self.path(f"data/objects/{space}/*/*"))
        with open(path, "wb") as file:
            file.write(text.encode())

    def test_nothing_is_made_of_bytes_that_changed(self):
        self.assertEqual(self.load(BROKEN, code=1)["state"], "rejected")
        self.damage("items", ITEMS)
        for command in (["raw", 1, "--output", "out.csv"], ["retry", 1]):
            error = self.error(*command, code="object-corrupt", exit_code=3)
            self.assertIn("submission 1", error["message"])
            self.assertIn("again", error["what_to_do"])
        self.assertFalse(os.path.exists(self.path("out.csv")))
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 0}])
        # The same delivery again puts the bytes right.
        self.load(BROKEN, code=1)
        self.assertEqual(self.inlet("raw", 1, "--output", "-").out, BROKEN)


class LostTest(InletCase):
    COMMANDS = (["query", "FROM items"], ["export", "items"], ["versions"], ["diff", "items", 0, 1], ["undo", 1], ["load", "items.csv"],
                ["prune"], ["query", "FROM items", "--as-of", 1])

    def setUp(self):
        super().setUp()
        self.load(ITEMS)
        self.load(ITEMS.replace("pear", "PEAR"))
        self.write("items.csv", ITEMS.replace("plum", "PLUM"))

    def move(self, name, to):
        for path in glob.glob(self.path(f"data/{name}*")):
            os.rename(path, path.replace(name, to))

    def test_a_warehouse_that_is_gone_does_not_read_as_an_empty_one(self):
        self.move("warehouse.duckdb", "kept")
        for command in self.COMMANDS:
            error = self.error(*command, code="warehouse-failed", exit_code=3)
            self.assertIn("warehouse.duckdb", error["message"])
            self.assertFalse(os.path.exists(self.path("data/warehouse.duckdb")))
        self.move("kept", "warehouse.duckdb")
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 3}])

    def test_an_older_warehouse_is_not_read(self):
        self.move("warehouse.duckdb", "kept")
        os.rename(self.path("data"), self.path("real"))
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 0}])
        os.rename(self.path("data/warehouse.duckdb"), self.path("real/warehouse.duckdb"))
        os.rename(self.path("data"), self.path("other"))
        os.rename(self.path("real"), self.path("data"))
        for command in self.COMMANDS:
            self.error(*command, code="warehouse-failed", exit_code=3)

    def test_a_catalog_that_is_gone(self):
        self.move("catalog.sqlite", "kept")
        for command in (*self.COMMANDS, ["submissions"], ["show", 1], ["raw", 1, "--output", "-"]):
            if command[0] == "raw":
                self.assertIn("catalog.sqlite", self.inlet(*command, code=3).err)
                continue
            error = self.error(*command, code="catalog-failed", exit_code=3)
            self.assertIn("catalog.sqlite", error["message"])
        self.move("kept", "catalog.sqlite")
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 3}])


if __name__ == "__main__":
    unittest.main()
