#!/usr/bin/env python3
"""What the documents show can be run: the shell blocks of docs/cli.md, in an empty folder."""

import os
import re
import subprocess
import unittest

from inlet_case import INLET, REPOSITORY, InletCase


class DocsTest(InletCase):
    project = None

    def test_the_blocks_of_the_command_line_run(self):
        with open(os.path.join(REPOSITORY, "docs/cli.md"), encoding="utf-8") as file:
            blocks = re.findall(r"^```sh\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
        self.assertTrue(blocks)
        os.makedirs(self.path("bin"))
        os.symlink(INLET, self.path("bin/inlet"))
        os.makedirs(self.path("work"))
        done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", "\n".join(blocks)], cwd=self.path("work"), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env={**os.environ, "PATH": f"{self.path('bin')}:{os.environ['PATH']}"}, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("not everything is right", done.stdout)
        self.assertIn("items from version 1 to 2: 1 inserted, 1 updated", done.stdout)
        self.assertEqual(self.read("work/items.csv").decode().count("\r\n"), 3)

    def test_every_command_and_option_is_documented(self):
        with open(os.path.join(REPOSITORY, "docs/cli.md"), encoding="utf-8") as file:
            text = file.read()
        overview = self.inlet("--help").out
        for name in re.findall(r"^  ([a-z]+) +[a-z]", overview, re.MULTILINE):
            self.assertRegex(text, rf"`{name}\b", name)
        for option in re.findall(r"--[a-z-]+", overview.split("Options of every command")[1]):
            self.assertIn(f"{option}", text)


if __name__ == "__main__":
    unittest.main()
