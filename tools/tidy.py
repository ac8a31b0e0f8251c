#!/usr/bin/env python3
"""Keeps the house in order: reads the sources and fails on what STYLE and DESIGN forbid.

    tidy.py [ROOT]            checks; prints `file:line: what is wrong` for every finding
    tidy.py --graph [ROOT]    prints the dependency picture: every folder and what it includes

What it holds the sources to:
  - an include goes to a lower floor, or stays within its own capability, and is written from src/;
  - an implementation of a store (src/warehouse/duckdb/ ...) is named by app/ and by tests only;
  - a library's header is included by .cpp files, or by headers of an implementation folder that no other
    capability includes, directly or through others;
  - production code does not include testing/;
  - every commit_point("capability.moment") is listed in docs/crash-points.md, and nothing else is;
  - no file is longer than 900 lines, no folder of code is without a README.md, no marker of unfinished work,
    no skipped test, no waiting in a unit test, no file named after nothing in particular.
"""

import argparse
import re
import sys
from pathlib import Path

FLOORS = {
    "base": 0,
    "contract": 1,
    "records": 2,
    "objects": 3, "warehouse": 3, "catalog": 3, "scan": 3,
    "access": 4,
    "http": 5, "pipeline": 5, "notify": 5, "client": 5,
    "fronts/http": 6, "fronts/tus": 6, "fronts/s3": 6, "fronts/grpc": 6, "fronts/kafka": 6, "fronts/folder": 6,
    "fronts/command": 6,
    "simulate": 6,
    "app": 7,
}
STORES = ("objects", "warehouse", "catalog")
GENERATED_HEADERS = {"base/failures.hpp"}
GENERATED_FILES = {"clients/python/inlet/failures.py", "web/src/failures.ts", "docs/failures.md", "docs/failures.json"}

# Headers of the standard library, POSIX and Linux have neither of these forms; fmt is used like the standard library.
TECHNOLOGY = re.compile(
    r"(duckdb|sqlite3|argon2|archive|archive_entry|xxhash|libpq-fe|zlib|zstd)\.h"
    r"|(yaml-cpp|openssl|re2|CLI|fast_float|librdkafka|grpc|grpcpp|google|boost|curl|aws|vips)/.*")
INCLUDE = re.compile(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
SKIPPED = re.compile(r"\bGTEST_SK" + r"IP\b|\bDISABL" + r"ED_\w|unittest\.sk" + r"ip|pytest\.(mark\.)?sk" + r"ip|\.skipTest\(")
WAITING = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b")
VAGUE = re.compile(r"(^|_)(utils?|helpers?|common|managers?|misc|impl)(_|$)")

COMMIT_POINT = re.compile(r'\bcommit_point\((?:"([^"]*)"\))?')
COMMIT_POINTS_LISTED = "docs/crash-points.md"

CODE_FOLDERS = ("src", "tests", "bench", "fuzz")
TEXT_FOLDERS = CODE_FOLDERS + ("tools", "cmake", "examples", "clients", "web", "docs", ".ci")
TEXT_SUFFIXES = {".cpp", ".hpp", ".py", ".sh", ".ts", ".cmake", ".md", ".yaml", ".yml", ".sql"}
LINES_MAX = 900


def capability_of(path):
    """The capability that a path below src/ belongs to, such as `warehouse` or `fronts/http`; None outside any."""
    parts = path.split("/")
    if len(parts) < 2:
        return None
    return "/".join(parts[:2]) if parts[0] == "fronts" and len(parts) > 2 else parts[0]


def is_test(path):
    return path.endswith(("_test.cpp", "_bench.cpp")) or "/testing/" in path


def is_store_implementation(path):
    """Whether a header stands in a technology's folder of a store, such as warehouse/duckdb/."""
    parts = path.split("/")
    return len(parts) > 2 and parts[0] in STORES and parts[1] != "testing"


class Sources:
    """The C++ files below src/ and what they include."""

    def __init__(self, root):
        self.root = root
        self.own = {}        # path below src/ -> [(line, path below src/)]
        self.libraries = {}  # path below src/ -> [(line, header)]
        for file in sorted((root / "src").rglob("*")):
            if file.suffix not in (".cpp", ".hpp"):
                continue
            path = file.relative_to(root / "src").as_posix()
            self.own[path], self.libraries[path] = [], []
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                if match and match.group(1):
                    self.own[path].append((number, match.group(1)))
                elif match:
                    self.libraries[path].append((number, match.group(2)))

    def technology(self, path):
        named = self.libraries.get(path, []) + self.own.get(path, [])
        return [(line, header) for line, header in named if TECHNOLOGY.fullmatch(header)]

    def reach(self, path):
        """Every header that the file includes, directly or through others."""
        seen, todo = set(), [path]
        while todo:
            for _, header in self.own.get(todo.pop(), []):
                if header not in seen:
                    seen.add(header)
                    todo.append(header)
        return seen


def check_edges(sources):
    """Floors, sides, and who may name an implementation or a test's aid."""
    for path, includes in sources.own.items():
        capability = capability_of(path)
        if capability not in FLOORS:
            yield path, 1, "stands in no capability; the floors are listed in tools/tidy.py"
            continue
        for line, header in includes:
            if TECHNOLOGY.fullmatch(header):
                continue
            target = capability_of(header)
            if header not in sources.own and header not in GENERATED_HEADERS:
                yield path, line, f"includes {header}, which is not in src/; includes are written from src/"
            elif target != capability and target in FLOORS and FLOORS[target] >= FLOORS[capability]:
                way = "up" if FLOORS[target] > FLOORS[capability] else "sideways"
                yield path, line, (f"includes {header}, {way} from floor {FLOORS[capability]} ({capability}) "
                                   f"to floor {FLOORS[target]} ({target})")
            elif target != capability and is_store_implementation(header) and capability != "app" and not is_test(path):
                yield path, line, f"includes {header}; only app/ and tests name an implementation of a store"
            elif "/testing/" in header and not is_test(path):
                yield path, line, f"includes {header}; testing/ is for tests"


def check_technology(sources):
    """Libraries stay behind the files that call them."""
    exposing = {path for path in sources.own if path.endswith(".hpp") and sources.technology(path)}
    for path in sorted(exposing):
        if len(path.split("/")) - (1 if path.startswith("fronts/") else 0) < 3:
            line, header = sources.technology(path)[0]
            yield path, line, f"a header includes {header}; only a .cpp or a header of an implementation folder may"
    for path in sources.own:
        for header in sorted(sources.reach(path) & exposing):
            if capability_of(header) != capability_of(path):
                name = sources.technology(header)[0][1]
                yield path, 1, f"reaches {name} through {header} of another capability"


def check_texts(root):
    """Length, markers, names and READMEs."""
    for folder in TEXT_FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            path = file.relative_to(root).as_posix()
            hidden = any(part in ("__pycache__", "node_modules", "data", "dist") for part in file.parts)
            named = file.suffix in TEXT_SUFFIXES or file.name == "CMakeLists.txt"
            if hidden or not named or not file.is_file() or path in GENERATED_FILES:
                continue
            lines = file.read_text(encoding="utf-8").splitlines()
            if len(lines) > LINES_MAX:
                yield path, len(lines), f"has {len(lines)} lines; split it by responsibility below {LINES_MAX}"
            if folder in CODE_FOLDERS and VAGUE.search(file.stem):
                yield path, 1, "is named after nothing in particular"
            if file.suffix == ".hpp" and not any(line == "#pragma once" or "(tidy: no-guard)" in line for line in lines):
                yield path, 1, "lacks #pragma once"
            for number, line in enumerate(lines, 1):
                if UNFINISHED.search(line):
                    yield path, number, "is marked as unfinished"
                if SKIPPED.search(line):
                    yield path, number, "skips a test"
                if path.startswith("src/") and path.endswith("_test.cpp") and WAITING.search(line):
                    yield path, number, "waits in a unit test; inject the clock or wait for the event itself"


def check_readmes(root):
    """A capability, and each folder of code beside src/, says why it exists."""
    folders = [root / "src" / capability for capability in FLOORS]
    folders += [root / name for name in ("tests", "bench", "fuzz")]
    for folder in folders:
        code = [file for file in folder.rglob("*") if file.suffix in (".cpp", ".hpp", ".py")]
        if code and not (folder / "README.md").is_file():
            yield folder.relative_to(root).as_posix(), 1, "has no README.md"


def listed_commit_points(root):
    """The names in the first column of the tables of docs/crash-points.md, each with its line."""
    file = root / COMMIT_POINTS_LISTED
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return {name: number for number, line in enumerate(lines, 1) if line.startswith("| `")
            for name in re.findall(r"`([^`]*)`", line.split("|")[1])}


def check_commit_points(root):
    """The code's commit points and the list of them, from which the kill tests take their names."""
    listed, passed = listed_commit_points(root), set()
    for file in sorted((root / "src").rglob("*.cpp")):
        path = file.relative_to(root / "src").as_posix()
        if is_test(path) or path.startswith("base/"):
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for match in COMMIT_POINT.finditer(line):
                name, capability = match.group(1), capability_of(path)
                passed.add(name)
                if name is None:
                    yield f"src/{path}", number, "names a commit point by something else than a plain text"
                elif not name.startswith(f"{capability}."):
                    yield f"src/{path}", number, f"commit point `{name}` is not named `{capability}.` and its moment"
                elif name not in listed:
                    yield f"src/{path}", number, f"commit point `{name}` is not in {COMMIT_POINTS_LISTED}"
    for name, number in listed.items():
        if name not in passed:
            yield COMMIT_POINTS_LISTED, number, f"lists `{name}`, which no commit_point() in src/ is"


def findings(root):
    sources = Sources(root)
    for check in (check_edges, check_technology):
        for path, line, text in check(sources):
            yield f"src/{path}:{line}: {text}"
    for check in (check_texts, check_readmes, check_commit_points):
        for path, line, text in check(root):
            yield f"{path}:{line}: {text}"


def graph(root):
    """The dependency picture, highest floor first; what only tests include stands in parentheses."""
    sources = Sources(root)
    rows = {}
    for path, includes in sources.own.items():
        folder = path.rsplit("/", 1)[0]
        code, tests = rows.setdefault(folder, (set(), set()))
        for _, header in includes:
            target = header.rsplit("/", 1)[0]
            if target != folder and capability_of(header) in FLOORS:
                (tests if is_test(path) else code).add(target)
        for _, header in sources.technology(path):
            (tests if is_test(path) else code).add(f"<{header}>")
    order = sorted(rows, key=lambda folder: (-FLOORS.get(capability_of(folder + "/x"), 99), folder))
    width = max(map(len, order), default=0)
    for folder in order:
        code, tests = rows[folder]
        names = sorted(code) + [f"({name})" for name in sorted(tests - code)]
        yield f"{FLOORS.get(capability_of(folder + '/x'), '?')}  {folder:{width}}  -> {' '.join(names) or 'nothing'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="ROOT", type=Path, nargs="?", default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--graph", action="store_true")
    arguments = parser.parse_args()
    if arguments.graph:
        print("\n".join(graph(arguments.root)))
        return 0
    found = list(findings(arguments.root))
    for line in found:
        print(line)
    print(f"tidy: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
