"""schemathesis reads /openapi.json, makes up requests of every kind that it allows and forbids, and holds the answers
against it: no failure of the server, no status, type or form of an answer that is not documented. The seed is fixed."""

import os
import subprocess
import unittest

from inlet_case import ITEMS, REPOSITORY
from server_test import ServerCase

PROGRAM = os.path.join(REPOSITORY, ".deps/schemathesis/bin/schemathesis")

# A stream; protocols with headers of their own, which have tests of their own; and what would end the key that asks, or
# write backups wherever it likes.
LEFT_OUT = ("listenToEvents", "revokeKey", "makeBackup", "createUpload", "getUpload", "appendToUpload", "terminateUpload",
            "getUploadOptions", "getUploadOptionsOfOne")
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "unsupported_method")

# Requests without a key are answered as documented elsewhere; many of them would only make the server wary.
CONFIGURATION = """
[generation]
with-security-parameters = false
database = "none"
deterministic = true
"""


class Schemathesis(ServerCase):
    def test_the_answers_are_those_that_are_documented(self):
        self.deliver(ITEMS)
        self.write("schemathesis.toml", CONFIGURATION)
        arguments = [PROGRAM, "--config-file", self.path("schemathesis.toml"), "run", self.url + "/openapi.json",
                     "--header", f"Authorization: Bearer {self.key}", "--phases", "examples,coverage,fuzzing", "--max-examples", "8",
                     "--seed", "20261120", "--checks", ",".join(CHECKS), "--suppress-health-check", "all", "--workers", "1",
                     "--request-timeout", "60", "--warnings", "off", "--no-color"]
        for operation in LEFT_OUT:
            arguments += ["--exclude-operation-id", operation]
        done = subprocess.run(arguments, cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIsNone(self.server.poll())


if __name__ == "__main__":
    unittest.main()
