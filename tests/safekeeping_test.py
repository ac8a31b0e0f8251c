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


if __name__ == "__main__":
    unittest.main()
