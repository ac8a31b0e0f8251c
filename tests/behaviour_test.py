#!/usr/bin/env python3
"""How the program behaves as a program: exit codes, errors, projects, locks, signals, terminals, shells."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import unittest

from inlet_case import INLET, ITEMS, InletCase

# Long enough to be caught at work on any machine.
MANY = 3_000_000


class UsageTest(InletCase):
    def test_exit_codes(self):
        self.inlet("--help")
        self.inlet("--version")
        self.inlet(code=2)
        self.inlet("no-such-command", code=2)
        self.inlet("query", "SELECT 1", "--as-of", "x", code=2)

    def test_errors_are_told_twice_with_json(self):
        error = self.error("lod", code="usage-error", exit_code=2)
        self.assertIn("did you mean `load`?", error["message"])
        done = self.inlet("lod", code=2)
        self.assertEqual(done.out, "")
        for part in ("error: there is no command `lod`", "code: usage-error", "what to do: "):
            self.assertIn(part, done.err)
        self.error("validate", "none.csv", code="file-not-found", exit_code=2)
        self.error("validate", self.folder, code="bad-argument", exit_code=2)
        self.error("validate", "inlet.yaml", "--schema", "a", "--dataset", "b", code="usage-error", exit_code=2)
        self.error("validate", "inlet.yaml", "--rejects", "none/r.csv", code="file-not-found", exit_code=2)
        self.error("load", "inlet.yaml", "--memory", "lots", code="bad-argument", exit_code=2)
        self.error("load", "inlet.yaml", "--dataset", "itms", code="unknown-dataset", exit_code=2)
        self.error("load", "inlet.yaml", "--package", "itms", code="unknown-package", exit_code=2)

    def test_schemas_that_are_wrong(self):
        self.write("s.json", '{"fields": [{"name": "a", "type": "intger"}]}')
        self.write("x.csv", "a\n1\n")
        error = self.error("validate", "x.csv", "--schema", "s.json", code="schema-error", exit_code=2)
        self.assertIn("s.json:1:", error["message"])
        self.write("d.json", '{"delimiter": "ab"}')
        self.error("validate", "x.csv", "--dialect", "d.json", code="dialect-error", exit_code=2)

    def test_every_command_helps(self):
        overview = self.inlet("--help").out
        names = re.findall(r"^  ([a-z]+) +[a-z]", overview, re.MULTILINE)
        self.assertGreaterEqual(len(names), 19)
        for name in names:
            done = self.inlet(name, "--help")
            self.assertTrue(done.out.startswith(f"Usage: inlet {name}"), name)
            self.assertIn("Examples", done.out)

    def test_the_output_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            with self.start("failures", stdout=full) as process:
                _, err = process.communicate()
        self.assertEqual(process.returncode, 3)
        self.assertIn(b"disk-full", err)

    def test_outputs_that_are_no_plain_files(self):
        self.load(ITEMS)
        expected = self.inlet("export", "items").out
        shell = f"'{INLET}' export items -o /dev/stdout -q > a && (echo before; '{INLET}' export items -o /dev/stdout -q) > b && "
        shell += f"mkfifo pipe && (cat pipe > c & '{INLET}' export items -o pipe -q; wait) && '{INLET}' export items -o /dev/null -q && "
        shell += f"ln -s real link && '{INLET}' export items -o link -q && '{INLET}' export items --format parquet -o link -q"
        subprocess.run(["bash", "-eu", "-c", shell], cwd=self.folder, check=True, timeout=60)
        self.assertEqual(sorted(self.read("a").decode().split()), sorted(expected.split()))
        self.assertTrue(self.read("b").startswith(b"before\n" + self.read("a")[:5]))
        self.assertEqual(self.read("c"), self.read("a"))
        self.assertTrue(os.path.islink(self.path("link")))
        self.assertEqual(self.read("real")[:4], b"PAR1")
        self.assertTrue(os.path.islink("/dev/stdout"))

    def test_the_input_is_not_written_over(self):
        text = "id,name,price,tags\n0,x,1,\n"
        self.write("in.csv", text)
        os.symlink("in.csv", self.path("same.csv"))
        for rejects in ("in.csv", "./in.csv", "same.csv"):
            self.error("validate", "in.csv", "--dataset", "items", "--rejects", rejects, code="bad-argument", exit_code=2)
        self.assertEqual(self.read("in.csv").decode(), text)
        done = self.inlet("validate", "in.csv", "--dataset", "items", "--rejects", "/dev/stdout", "-q", code=1)
        self.assertIn("0,x,1,", done.out)

    def test_a_reader_that_goes_away_is_no_error(self):
        done = subprocess.run(["bash", "-c", f"'{INLET}' query 'SELECT range FROM range(1000000)' --format csv | head -1; echo ${{PIPESTATUS[0]}}"],
                              cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((done.stdout.split(), done.stderr), (["range", "141"], ""))


class ProjectTest(InletCase):
    def test_is_found_here_above_or_where_it_is_said(self):
        os.makedirs(self.path("a/b"))
        self.assertEqual(self.inlet("check", "--json", cwd=self.path("a/b")).json["file"], "../../inlet.yaml")
        os.rename(self.path("inlet.yaml"), self.path("other.yaml"))
        self.assertEqual(self.inlet("check", "--project", self.path("other.yaml"), "--json", cwd="/").json["project"], "shop")
        self.error("check", code="project-not-found", exit_code=2)
        self.error("check", "--project", self.path("a"), code="project-not-found", exit_code=2)

    def test_json_is_yaml(self):
        project = {"project": "p", "datasets": {"d": {"schema": {"fields": [{"name": "n", "type": "integer"}]}}}}
        self.write("inlet.json", json.dumps(project))
        self.write("d.csv", "n\n1\n")
        self.inlet("load", "d.csv", "--project", "inlet.json")

    def test_a_contract_that_stored_rows_do_not_fit_is_refused(self):
        self.load(ITEMS)
        self.write("inlet.yaml", self.project.replace("name: price, type: number", "name: price, type: date").replace(
            ", constraints: {minimum: 0}", "").replace("WHERE price < 5", ""))
        self.write("new.csv", ITEMS)
        self.error("load", "new.csv", "--dataset", "items", code="contract-changed", exit_code=1)
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 3}])

    def test_reading_before_anything_was_loaded(self):
        self.assertEqual(self.rows("SELECT count(*) AS n FROM items"), [{"n": 0}])
        self.assertEqual(self.inlet("submissions", "--json").json, {"submissions": []})
        self.assertEqual(self.inlet("export", "items").out, "id,name,price,tags\r\n")


class SharingTest(InletCase):
    project = """
project: p
datasets:
  n: {schema: {fields: [{name: n, type: integer}]}}
"""

    def write_many(self):
        with open(self.path("many.csv"), "w", encoding="ascii") as file:
            file.write("n\n")
            for start in range(0, MANY, 10_000):
                file.write("".join(f"{n}\n" for n in range(start, start + 10_000)))

    def wait_until(self, condition):
        for _ in range(5000):
            if condition():
                return
            select.select([], [], [], 0.002)
        self.fail("what was waited for did not come")

    def test_one_writes_and_others_wait_or_are_told(self):
        self.load("n\n1\n", dataset="n")
        with open(self.path("data/.lock"), encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for command in (["query", "FROM n"], ["versions"], ["diff", "n", 0, 1], ["export", "n"], ["load", "many.csv"], ["undo", 1], ["prune"]):
                self.write("many.csv", "n\n7\n")
                error = self.error(*command, "--wait", 0, code="project-locked", exit_code=3)
                self.assertIn(str(os.getpid()), error["message"])
            # What was delivered can be looked at meanwhile.
            self.assertEqual(len(self.inlet("submissions", "--json").json["submissions"]), 1)
            for command in (["show", 1], ["errors", 1], ["raw", 1, "--output", "-"]):
                self.inlet(*command)
            waiting = self.start("query", "SELECT count(*) AS n FROM n", "--json", "--wait", 60)
            self.assertIsNone(waiting.poll())
            fcntl.flock(lock, fcntl.LOCK_UN)
            out, _ = waiting.communicate()
            self.assertEqual(json.loads(out), [{"n": 1}])

    def test_readers_share(self):
        self.load("n\n1\n", dataset="n")
        with open(self.path("data/.lock"), encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            self.assertEqual(self.rows("SELECT n FROM n", "--wait", "0"), [{"n": 1}])
            self.write("x.csv", "n\n2\n")
            self.error("load", "x.csv", "--wait", 0, "--dataset", "n", code="project-locked", exit_code=3)

    def test_several_queries_at_once(self):
        self.load("n\n1\n", dataset="n")
        running = [self.start("query", "SELECT count(*) AS n FROM n, range(3000000)", "--json") for _ in range(4)]
        for process in running:
            out, err = process.communicate()
            self.assertEqual((process.returncode, err), (0, b""))
            self.assertEqual(json.loads(out), [{"n": 3_000_000}])

    def stopped(self, number, moment):
        """Sends a signal to a load once it is at `moment`, a state; returns its exit code, or None if it came too late."""
        shutil.rmtree(self.path("data"), ignore_errors=True)
        with self.start("load", "many.csv", "--dataset", "n", "--threads", "1", stdout=subprocess.DEVNULL) as process:
            def reached():
                if process.poll() is not None:
                    return True
                if not os.path.exists(self.path("data/catalog.sqlite")):
                    return False
                done = self.inlet("submissions", "--json", code=None)
                return done.code == 0 and any(s["state"] in moment for s in done.json["submissions"])
            self.wait_until(reached)
            process.send_signal(number)
            _, err = process.communicate()
        self.assertNotIn(b"invariant", err)
        if process.returncode in (130, 143):
            self.assertRegex(err.decode(), "(?m)^interrupted: .*load.*again")
        return process.returncode if process.returncode in (130, 143) else None

    def test_interrupted_and_taken_up_again(self):
        self.write_many()
        caught = set()
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            for moment in (("receiving",), ("checking", "publishing")):
                ended = self.stopped(number, moment)
                if ended is None:
                    continue
                self.assertEqual(ended, code)
                caught.add(moment)
                self.assertIn(self.rows("SELECT count(*) AS n FROM n")[0]["n"], (0, MANY))
                again = self.inlet("load", "many.csv", "--dataset", "n", "--json").json
                self.assertEqual(again["state"], "published")
                self.assertEqual(self.rows("SELECT count(*) AS n, sum(n)::BIGINT AS total FROM n"), [{"n": MANY, "total": MANY * (MANY - 1) // 2}])
                self.assertEqual(os.listdir(self.path("data/tmp")) if os.path.exists(self.path("data/tmp")) else [], [])
        self.assertTrue(caught, "no load was caught at work")

    def test_an_interrupted_check_leaves_nothing(self):
        self.write("s.json", '{"fields": [{"name": "n", "type": "integer"}], "primaryKey": "n"}')
        temporary = self.path("temporary")
        os.makedirs(temporary)
        with self.start("validate", "-", "--schema", "s.json", env={"TMPDIR": temporary}, stdin=subprocess.PIPE) as process:
            process.stdin.write(b"n\n1\n" * 100_000)
            process.stdin.flush()
            self.wait_until(lambda: os.listdir(temporary))
            process.send_signal(signal.SIGINT)
            process.wait()
        self.assertEqual(process.returncode, 130)
        self.assertEqual(os.listdir(temporary), [])

    def test_a_check_that_ends_leaves_nothing(self):
        self.write("s.json", '{"fields": [{"name": "n", "type": "integer"}], "primaryKey": "n"}')
        temporary = self.path("temporary")
        os.makedirs(temporary)
        self.inlet("validate", "-", "--schema", "s.json", "--json", env={"TMPDIR": temporary}, stdin="n\n" + "1\n" * 9, code=1)
        self.assertEqual(os.listdir(temporary), [])


class TerminalTest(InletCase):
    def on_terminal(self, *arguments, columns=100, env=None):
        """What a person sees who runs the program on a terminal of so many columns."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        with self.start(*arguments, stdin=slave, stdout=slave, stderr=slave, env={"TERM": "xterm", **(env or {})}) as process:
            os.close(slave)
            seen = b""
            while True:
                try:
                    block = os.read(master, 65536)
                except OSError:
                    break
                if not block:
                    break
                seen += block
            os.close(master)
            process.wait()
        return seen.decode()

    def test_colours_only_where_a_person_looks(self):
        self.write("x.csv", ITEMS)
        self.assertIn("\x1b[", self.on_terminal("validate", "x.csv", "--dataset", "items"))
        self.assertNotIn("\x1b[3", self.on_terminal("validate", "x.csv", "--dataset", "items", env={"NO_COLOR": "1"}))
        self.assertNotIn("\x1b[3", self.on_terminal("validate", "x.csv", "--dataset", "items", "--color", "never"))
        self.assertNotIn("\x1b[", self.inlet("validate", "x.csv", "--dataset", "items").out)
        self.assertIn("\x1b[", self.inlet("validate", "x.csv", "--dataset", "items", "--color", "always").out)

    def test_tables_fit_the_terminal(self):
        sql = "SELECT repeat('word ', 60) AS long, range AS n FROM range(80)"
        seen = self.on_terminal("query", sql, columns=60, env={"NO_COLOR": "1"})
        lines = seen.replace("\r", "").splitlines()
        self.assertLessEqual(max(map(len, lines)), 60)
        self.assertEqual(lines[-1], "(80 rows, the first 50 shown; `--rows 0` shows all)")
        self.assertGreater(max(map(len, self.inlet("query", sql).out.splitlines())), 300)
        self.assertIn("usage-error", self.on_terminal("query", "SELECT 1", "--format", "parquet"))

    def test_values_cannot_steer_the_terminal(self):
        seen = self.on_terminal("query", "SELECT chr(27) || '[2J' || chr(10) || 'x' AS evil", env={"NO_COLOR": "1"})
        self.assertIn(r"\x1b[2J\nx", seen)

    def test_a_bar_for_long_work(self):
        with open(self.path("big.csv"), "w", encoding="ascii") as file:
            file.write("n\n")
            for start in range(0, 12_000_000, 10_000):
                file.write("".join(f"{n}\n" for n in range(start, start + 10_000)))
        self.write("s.json", '{"fields": [{"name": "n", "type": "integer"}], "primaryKey": "n"}')
        seen = self.on_terminal("validate", "big.csv", "--schema", "s.json", "--threads", "1")
        self.assertRegex(seen, r"\rchecking +\d+ %")
        self.assertIn("\r\x1b[K", seen)
        quiet = self.on_terminal("validate", "big.csv", "--schema", "s.json", "--quiet")
        self.assertEqual(quiet, "")


class CompletionTest(InletCase):
    def complete(self, line):
        """The words that bash offers at the end of a line."""
        script = """
            source <("$INLET_PATH" completion bash)
            COMP_WORDS=($LINE)
            [[ $LINE == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            inlet() { "$INLET_PATH" "$@"; }
            _inlet
            printf '%s\\n' "${COMPREPLY[@]}"
        """
        done = subprocess.run(["bash", "-c", script], cwd=self.folder, env={**os.environ, "INLET_PATH": INLET, "LINE": line},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash(self):
        self.assertEqual(self.complete("inlet val"), ["validate"])
        self.assertIn("load", self.complete("inlet "))
        self.assertEqual(self.complete("inlet load --dat"), ["--dataset"])
        self.assertEqual(self.complete("inlet load x.csv --dataset "), ["items", "log"])
        self.assertEqual(self.complete("inlet export ch"), ["cheap"])
        self.assertEqual(self.complete("inlet query --format nd"), ["ndjson"])
        self.assertEqual(self.complete("inlet check --color ne"), ["never"])
        self.assertEqual(self.complete("inlet load inlet.y"), ["inlet.yaml"])

    def test_the_scripts_can_be_read_by_their_shells(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.inlet("completion", shell).out
            self.assertIn("inlet", script)
            if shutil.which(shell):
                path = self.write(f"completion.{shell}", script)
                subprocess.run([shell, "-n", path], check=True)
        self.error("completion", "tcsh", code="bad-argument", exit_code=2)


class SpeedOfStartTest(InletCase):
    def test_commands_that_need_no_database_open_none(self):
        """Which files are opened tells it without a clock."""
        self.write("x.csv", ITEMS)
        for command in (["--help"], ["failures"], ["check"], ["validate", "x.csv", "--dataset", "items"]):
            self.inlet(*command)
        self.assertFalse(os.path.exists(self.path("data")))
        self.inlet("submissions")
        self.assertFalse(os.path.exists(self.path("data/warehouse.duckdb")))


if __name__ == "__main__":
    unittest.main()
