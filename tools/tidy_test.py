#!/usr/bin/env python3
"""Shows that tools/tidy.py can fail: plants one fault at a time in a copy of the sources and looks for it."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tidy(root, *arguments):
    """Runs tidy; returns its exit code and the set of its findings."""
    run = subprocess.run([sys.executable, ROOT / "tools/tidy.py", root, *arguments],
                         capture_output=True, text=True, check=False)
    return run.returncode, set(run.stdout.splitlines()[:-1])


class PlantedFaults(unittest.TestCase):
    """Each case starts from a copy of src/ to which two small capabilities' headers were added."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        shutil.copytree(ROOT / "src", self.root / "src")
        self.crash_points = (ROOT / "docs/crash-points.md").read_text(encoding="utf-8")
        self.plant("docs/crash-points.md", self.crash_points)
        for capability in ("app", "base", "catalog", "pipeline", "warehouse"):
            self.plant(f"src/{capability}/README.md", "Planted.\n")
        self.plant("src/base/planted_low.hpp", "#pragma once\n")
        self.plant("src/catalog/planted_side.hpp", "#pragma once\n")
        self.plant("src/pipeline/planted_high.hpp", "#pragma once\n")
        self.plant("src/warehouse/duckdb/planted_inner.hpp", "#pragma once\n#include <duckdb.h>\n")
        self.before = tidy(self.root)[1]

    def plant(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def expect(self, path, text, *findings):
        """Plants one more file; tidy must fail with exactly these findings more."""
        self.plant(path, text)
        code, found = tidy(self.root)
        new = sorted(found - self.before)
        self.assertEqual(len(new), len(findings), new)
        for line, finding in zip(new, sorted(findings)):
            self.assertIn(finding, line)
        self.assertEqual(code, 1 if found else 0)

    def test_downward_include_is_clean(self):
        self.expect("src/warehouse/planted.cpp", '#include "base/planted_low.hpp"\n#include <vector>\n')

    def test_upward_include(self):
        self.expect("src/warehouse/planted.cpp", '\n#include "pipeline/planted_high.hpp"\n',
                    "src/warehouse/planted.cpp:2: includes pipeline/planted_high.hpp, up from floor 3 (warehouse) to floor 5")

    def test_upward_include_in_a_test(self):
        self.expect("src/base/planted_test.cpp", '#include "catalog/planted_side.hpp"\n', "up from floor 0 (base)")

    def test_sideways_include(self):
        self.expect("src/warehouse/duckdb/planted.cpp", '#include "catalog/planted_side.hpp"\n',
                    "src/warehouse/duckdb/planted.cpp:1: includes catalog/planted_side.hpp, sideways from floor 3")

    def test_include_not_from_src(self):
        self.expect("src/warehouse/planted.cpp", '#include "planted_side.hpp"\n', "includes are written from src/")

    def test_file_outside_any_capability(self):
        self.expect("src/extras/planted.cpp", "int planted;\n", "stands in no capability")

    def test_store_implementation_named_by_the_pipeline(self):
        self.expect("src/pipeline/planted.cpp", '#include "warehouse/duckdb/planted_inner.hpp"\n',
                    "only app/ and tests name an implementation", "reaches duckdb.h through")

    def test_store_implementation_named_by_app(self):
        self.plant("src/warehouse/duckdb/planted_face.hpp", "#pragma once\n")
        self.expect("src/app/planted.cpp", '#include "warehouse/duckdb/planted_face.hpp"\n')

    def test_library_in_a_public_header(self):
        self.expect("src/catalog/planted.hpp", "#pragma once\n#include <sqlite3.h>\n",
                    "src/catalog/planted.hpp:2: a header includes sqlite3.h")

    def test_library_reached_through_another_header(self):
        self.plant("src/warehouse/planted_face.hpp", '#pragma once\n#include "warehouse/duckdb/planted_inner.hpp"\n')
        self.expect("src/pipeline/planted.cpp", '#include "warehouse/planted_face.hpp"\n',
                    "reaches duckdb.h through warehouse/duckdb/planted_inner.hpp")

    def test_library_in_a_cpp_is_clean(self):
        self.expect("src/catalog/planted.cpp", "#include <sqlite3.h>\n")

    def test_testing_in_production(self):
        self.plant("src/base/testing/planted_faults.hpp", "#pragma once\n")
        self.expect("src/catalog/planted.cpp", '#include "base/testing/planted_faults.hpp"\n', "testing/ is for tests")

    def test_testing_in_a_test_is_clean(self):
        self.plant("src/base/testing/planted_faults.hpp", "#pragma once\n")
        self.expect("src/catalog/planted_test.cpp", '#include "base/testing/planted_faults.hpp"\n')

    def test_long_file(self):
        self.expect("src/base/planted.cpp", "\n" * 901, "src/base/planted.cpp:901: has 901 lines")

    def test_longest_file_is_clean(self):
        self.expect("src/base/planted.cpp", "\n" * 900)

    def test_marker_of_unfinished_work(self):
        self.expect("src/base/planted.cpp", "\n// TO" + "DO: more\n", "src/base/planted.cpp:2: is marked as unfinished")

    def test_skipped_test(self):
        self.expect("src/base/planted_test.cpp", "GTEST_SK" + "IP();\n", "skips a test")

    def test_waiting_in_a_unit_test(self):
        self.expect("src/base/planted_test.cpp", "std::this_thread::sleep_for(1ms);\n", "waits in a unit test")

    def test_vague_name(self):
        self.expect("src/base/planted_utils.cpp", "", "is named after nothing in particular")

    def test_header_without_guard(self):
        self.expect("src/base/planted.hpp", "", "lacks #pragma once")

    def test_folder_without_readme(self):
        self.expect("src/fronts/kafka/planted.cpp", "", "src/fronts/kafka:1: has no README.md")

    def list_commit_point(self, name):
        return f"{self.crash_points}| `{name}` | planted | nothing |\n"

    def test_commit_point_that_is_listed_is_clean(self):
        self.plant("src/catalog/planted.cpp", 'commit_point("catalog.planted");\n')
        self.expect("docs/crash-points.md", self.list_commit_point("catalog.planted"))

    def test_commit_point_that_is_not_listed(self):
        self.expect("src/catalog/planted.cpp", '\ncommit_point("catalog.planted");\n',
                    "src/catalog/planted.cpp:2: commit point `catalog.planted` is not in docs/crash-points.md")

    def test_commit_point_that_is_only_listed(self):
        self.expect("docs/crash-points.md", self.list_commit_point("catalog.planted"),
                    "lists `catalog.planted`, which no commit_point() in src/ is")

    def test_commit_point_of_another_capability(self):
        self.plant("docs/crash-points.md", self.list_commit_point("pipeline.planted"))
        self.expect("src/catalog/planted.cpp", 'commit_point("pipeline.planted");\n',
                    "commit point `pipeline.planted` is not named `catalog.` and its moment")

    def test_commit_point_without_a_plain_name(self):
        self.expect("src/catalog/planted.cpp", "commit_point(name);\n", "names a commit point by something else")

    def test_commit_points_of_this_house_are_listed(self):
        self.assertFalse([line for line in self.before if "commit" in line])

    def test_graph_names_every_folder(self):
        self.plant("src/warehouse/duckdb/planted.cpp", '#include "base/planted_low.hpp"\n#include <duckdb.h>\n')
        code, lines = tidy(self.root, "--graph")
        self.assertEqual(code, 0)
        row = next(line.split() for line in lines if " warehouse/duckdb " in line)
        self.assertEqual(row[0], "3")
        self.assertLess({"base", "<duckdb.h>"}, set(row))


if __name__ == "__main__":
    unittest.main()
