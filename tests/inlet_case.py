"""What the black-box tests share: a temporary folder with a project in it, and the program that $INLET names."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

INLET = os.path.abspath(os.environ["INLET"])
REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PROJECT = """
project: shop
datasets:
  items:
    schema:
      fields:
        - {name: id, type: integer, constraints: {minimum: 1}}
        - {name: name, type: string, constraints: {required: true}}
        - {name: price, type: number, constraints: {minimum: 0}}
        - {name: tags, type: array}
      primaryKey: id
    write: upsert
    rejects: {max_share: 50%, then: publish_rest}
  log:
    schema:
      fields:
        - {name: at, type: datetime}
        - {name: text, type: string}
models:
  cheap: {sql: "SELECT id, name FROM items WHERE price < 5", primaryKey: [id]}
views:
  names: {sql: "SELECT name FROM items ORDER BY name"}
"""

ITEMS = 'id,name,price,tags\n1,apple,1.5,"[""red""]"\n2,pear,2,\n3,plum,7,[]\n'


class Done:
    """How a run of the program ended."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self):
        return json.loads(self.out)


class InletCase(unittest.TestCase):
    project = PROJECT

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="inlet-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        if self.project:
            self.write("inlet.yaml", self.project)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def start(self, *arguments, env=None, cwd=None, **options):
        settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        settings.update(options)
        return subprocess.Popen([INLET, *map(str, arguments)], cwd=cwd or self.folder, env={**os.environ, **(env or {})}, **settings)

    def inlet(self, *arguments, stdin=None, code=0, env=None, cwd=None):
        """Runs the program; `code` is the exit code it must have, None any."""
        with self.start(*arguments, env=env, cwd=cwd, stdin=subprocess.PIPE) as process:
            out, err = process.communicate(stdin.encode() if isinstance(stdin, str) else stdin or b"")
        done = Done(process.returncode, out.decode(), err.decode())
        if code is not None and done.code != code:
            self.fail(f"inlet {' '.join(map(str, arguments))}: exit {done.code}, not {code}\n{done.out}\n{done.err}")
        return done

    def error(self, *arguments, code, exit_code, **options):
        """Runs the program, which must fail with a failure code; returns the error's JSON."""
        done = self.inlet(*arguments, "--json", code=exit_code, **options)
        error = done.json["error"]
        self.assertEqual(error["code"], code, done.out)
        self.assertEqual(error["exit_code"], exit_code)
        self.assertTrue(error["message"] and error["what_to_do"], done.out)
        self.assertIn("error: ", done.err)
        return error

    def load(self, text, dataset="items", code=0, **names):
        path = self.write(names.get("name", "delivery.csv"), text)
        return self.inlet("load", path, "--dataset", dataset, "--json", code=code).json

    def rows(self, sql, *options):
        return self.inlet("query", sql, "--json", *options).json
