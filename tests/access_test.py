"""Who may do what, through the real binary: keys, passwords, nobody, roles, and the audit log."""

import base64
import hashlib
import http.client
import json
import os
import sqlite3
import time
import unittest

from inlet_case import ITEMS, PROJECT, InletCase
from server_test import ServerCase

ACCESS = """
access:
  roles:
    sender: [{dataset: items, allow: [submit]}]
    reader: [{dataset: items, allow: [read]}]
    clerk: [{dataset: "it*", allow: [read, approve]}]
    log-reader: [{dataset: log, allow: [read]}]
    packer: [{package: drop, allow: [submit]}]
  users:
    ann: {password_hash: "${file:ann.hash}", roles: [reader]}
    bob: {password: "${env:BOB_PASSWORD}", roles: [admin]}
"""
PACKAGES = """
packages:
  drop: {match: "drop*.zip", members: {items.csv: items, log.csv: log}}
"""


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class AccessCase(ServerCase):
    project = PROJECT + PACKAGES + ACCESS

    def setUp(self):
        InletCase.setUp(self)
        self.write("ann.hash", self.inlet("users", "hash", "--json", stdin="swordfish\n").json["password_hash"] + "\n")
        self.environment = {"BOB_PASSWORD": "tuna"}
        self.serve()

    def start(self, *arguments, env=None, **options):
        return super().start(*arguments, env={**getattr(self, "environment", {}), **(env or {})}, **options)

    def make_key(self, name, *options):
        return self.inlet("keys", "create", name, *options, "--json").json

    def as_key(self, name, *roles):
        return self.make_key(name, "--role", ",".join(roles))["key"]

    def anonymously(self, method, path, headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def code(self, method, path, key, body=None):
        status, _, answer = self.call(method, path, body, key=key)
        return status, json.loads(answer)["code"] if status >= 400 else None


class Roles(AccessCase):
    def test_a_sender_delivers_and_sees_what_became_of_that_alone(self):
        sender, other = self.as_key("shop", "sender"), self.as_key("other shop", "sender")
        self.deliver(ITEMS)  # the admin's
        bad = "id,name,price,tags\n4,fig,1,\nx,kiwi,2,\n"
        status, headers, _ = self.call("POST", "/v1/datasets/items/submissions", bad, {"Prefer": "wait=30"}, key=sender)
        self.assertEqual(status, 201)
        own = headers["Location"]
        for below in ("", "/errors", "/rejects.csv", "/raw"):
            self.assertEqual(self.code("GET", own + below, sender), (200, None), below)
            self.assertEqual(self.code("GET", own + below, other), (404, "unknown-submission"))
            self.assertEqual(self.code("GET", "/v1/submissions/1" + below, sender), (404, "unknown-submission"))
        status, _, body = self.call("GET", "/v1/submissions", key=sender)
        self.assertEqual([one["submission"] for one in json.loads(body)["submissions"]], [2])
        self.assertEqual(json.loads(self.call("GET", "/v1/submissions", key=other)[2])["submissions"], [])
        self.assertEqual(self.code("POST", own + "/undo", sender), (403, "forbidden"))
        self.assertEqual(self.code("POST", own + "/undo", other), (404, "unknown-submission"))
        self.assertEqual(self.code("GET", "/v1/datasets/items", sender), (403, "forbidden"))
        self.assertEqual(self.code("GET", "/v1/datasets/log", sender), (404, "unknown-dataset"))
        self.assertEqual(self.code("POST", "/v1/datasets/log/submissions", sender, "at,text\n"), (404, "unknown-dataset"))
        self.assertEqual(json.loads(self.call("GET", "/v1/datasets", key=sender)[2])["datasets"], [])
        # What is hidden is answered in the very words of what is not there.
        hidden = json.loads(self.call("GET", "/v1/submissions/1", key=sender)[2])
        absent = json.loads(self.call("GET", "/v1/submissions/999", key=sender)[2])
        self.assertEqual(hidden["detail"].replace("1", "N"), absent["detail"].replace("999", "N"))

    def test_bytes_of_another_sender_tell_nothing_of_their_delivery(self):
        self.deliver(ITEMS)
        status, _, body = self.call("POST", "/v1/datasets/items/submissions", ITEMS, key=self.as_key("shop", "sender"))
        self.assertEqual((status, json.loads(body)), (200, {"submission": 1, "duplicate": True}))

    def test_readers_see_what_touches_only_what_they_read(self):
        reader, both = self.as_key("r", "reader"), self.as_key("rr", "reader", "log-reader")
        self.deliver(ITEMS)
        self.deliver("at,text\n2026-01-02T03:04:05Z,hello\n", dataset="log", name="log.csv")
        seen = lambda key: [one["submission"] for one in json.loads(self.call("GET", "/v1/submissions", key=key)[2])["submissions"]]
        self.assertEqual(seen(reader), [1])
        self.assertEqual(seen(both), [2, 1])
        self.assertEqual(self.code("GET", "/v1/submissions/2", reader), (404, "unknown-submission"))
        self.assertEqual(self.code("POST", "/v1/datasets/items/submissions", reader, ITEMS), (403, "forbidden"))
        self.assertEqual(self.code("POST", "/v1/packages/drop/submissions", both, "x"), (403, "forbidden"))
        self.assertEqual(self.code("POST", "/v1/packages/drop/submissions", self.as_key("s", "sender"), "x"), (404, "unknown-package"))
        self.assertEqual(self.code("POST", "/v1/packages/drop/submissions", self.as_key("p", "packer"), "x"), (201, None))
        self.assertEqual([one["name"] for one in json.loads(self.call("GET", "/v1/datasets", key=reader)[2])["datasets"]], ["items"])

    def test_clerks_decide_and_admins_keep_the_keys(self):
        clerk = self.as_key("c", "clerk")
        self.deliver(ITEMS)
        self.assertEqual(self.code("POST", "/v1/submissions/1/undo", self.as_key("r", "reader")), (403, "forbidden"))
        self.assertEqual(self.code("POST", "/v1/submissions/1/undo", clerk), (200, None))
        for method, path in (("GET", "/v1/keys"), ("POST", "/v1/keys?name=a&role=admin"), ("DELETE", "/v1/keys/00000000"),
                             ("POST", "/v1/keys/00000000/rotate"), ("GET", "/v1/audit")):
            self.assertEqual(self.code(method, path, clerk), (403, "forbidden"), path)
            self.assertEqual(self.anonymously(method, path)[0], 401)


class Credentials(AccessCase):
    def test_users_show_a_password(self):
        status, _, body = self.anonymously("GET", "/v1/datasets", basic("ann", "swordfish"))
        self.assertEqual((status, [one["name"] for one in json.loads(body)["datasets"]]), (200, ["items"]))
        self.assertEqual(self.anonymously("GET", "/v1/keys", basic("bob", "tuna"))[0], 200)
        for headers in (basic("ann", "tuna"), basic("cat", "swordfish"), basic("ann", ""), {"Authorization": "Basic ???"},
                        {"Authorization": "Basic"}, {"Authorization": "Digest x"}, {"X-API-Key": "swordfish"}, {}):
            status, answered, body = self.anonymously("GET", "/v1/datasets", headers)
            self.assertEqual((status, json.loads(body)["code"]), (401, "unauthenticated"), headers)
            self.assertIn("Bearer", answered["WWW-Authenticate"])
            self.assertIn("Basic", answered["WWW-Authenticate"])
            self.assertNotIn(b"swordfish", body)

    def test_guesses_are_slowed_and_right_keys_are_not(self):
        for _ in range(20):
            self.assertEqual(self.anonymously("GET", "/v1/datasets", {"X-API-Key": "guess"})[0], 401)
        status, headers, body = self.anonymously("GET", "/v1/datasets", {"X-API-Key": "guess"})
        self.assertEqual((status, json.loads(body)["code"]), (429, "rate-limited"))
        self.assertTrue(0 < int(headers["Retry-After"]) <= 60)
        self.assertEqual(self.anonymously("GET", "/v1/datasets", basic("ann", "swordfish"))[0], 429)
        self.get("/v1/datasets")

    def test_a_key_is_revoked_at_once_by_another_process(self):
        made = self.make_key("shop", "--role", "reader")
        self.assertEqual(self.code("GET", "/v1/datasets", made["key"]), (200, None))
        self.inlet("keys", "revoke", made["id"])
        self.assertEqual(self.code("GET", "/v1/datasets", made["key"]), (401, "unauthenticated"))

    def test_a_rotated_key_has_two_secrets_until_the_grace_ends(self):
        made = self.make_key("shop", "--role", "reader")
        rotated = self.inlet("keys", "rotate", made["id"], "--json").json
        self.assertEqual(rotated["id"], made["id"])
        for key in (made["key"], rotated["key"]):
            self.assertEqual(self.code("GET", "/v1/datasets", key), (200, None))
        status, headers, body = self.call("POST", f"/v1/keys/{made['id']}/rotate", "grace=0s")
        self.assertEqual((status, headers["Cache-Control"]), (200, "no-store"))
        for key in (made["key"], rotated["key"]):
            self.assertEqual(self.code("GET", "/v1/datasets", key), (401, "unauthenticated"))
        self.assertEqual(self.code("GET", "/v1/datasets", json.loads(body)["key"]), (200, None))

    def test_keys_over_http(self):
        status, _, body = self.call("POST", "/v1/keys?role=reader&role=sender", "name=night+job&dataset=items&expires=90d")
        made = json.loads(body)
        self.assertEqual((status, made["name"], made["roles"], made["datasets"]), (201, "night job", ["reader", "sender"], ["items"]))
        self.assertTrue(made["expires_at"] and made["key"].startswith(made["prefix"]))
        self.assertEqual(self.code("GET", "/v1/datasets/items", made["key"]), (200, None))
        listed = {key["id"]: key for key in self.get("/v1/keys")["keys"]}
        self.assertNotIn("key", listed[made["id"]])
        # When it was last used is written down behind the answer.
        deadline = time.monotonic() + 60
        while not listed[made["id"]]["last_used_at"]:
            self.assertLess(time.monotonic(), deadline, "its use is not written down")
            time.sleep(0.02)
            listed = {key["id"]: key for key in self.get("/v1/keys")["keys"]}
        self.assertNotIn(made["key"].rsplit("_", 1)[1].encode(), self.read("data/catalog.sqlite") + self.read("data/catalog.sqlite-wal"))
        self.assertEqual(self.call("DELETE", f"/v1/keys/{made['id']}")[0], 204)
        self.assertEqual(self.code("GET", "/v1/datasets", made["key"]), (401, "unauthenticated"))
        self.problem("DELETE", "/v1/keys/00000000", 404, "unknown-key")
        self.problem("POST", "/v1/keys?name=x&role=nobody", 400, "bad-argument")
        self.problem("POST", "/v1/keys?name=x&role=reader&expires=soon", 400, "bad-argument")

    def test_a_key_for_one_dataset_is_for_no_other(self):
        key = self.make_key("items only", "--role", "admin", "--dataset", "items")["key"]
        self.assertEqual(self.code("GET", "/v1/datasets/items", key), (200, None))
        self.assertEqual(self.code("GET", "/v1/datasets/log", key), (404, "unknown-dataset"))
        self.assertEqual(self.code("GET", "/v1/keys", key), (403, "forbidden"))

    def test_where_there_are_roles_a_key_needs_one(self):
        self.error("keys", "create", "x", code="usage-error", exit_code=2)
        self.error("keys", "create", "x", "--role", "sendre", code="bad-argument", exit_code=2)


class Anonymous(AccessCase):
    project = PROJECT + ACCESS.replace("    packer: [{package: drop, allow: [submit]}]\n", "") + "  anonymous: {roles: [sender, log-reader]}\n"

    def test_nobody_may_what_is_said_and_no_more(self):
        status, _, body = self.anonymously("GET", "/v1/datasets")
        self.assertEqual((status, [one["name"] for one in json.loads(body)["datasets"]]), (200, ["log"]))
        status, headers, _ = self.anonymously("POST", "/v1/datasets/items/submissions", body=ITEMS)
        self.assertEqual(status, 201)
        self.assertEqual(self.anonymously("GET", headers["Location"])[0], 404)  # not everybody's
        self.assertEqual(self.anonymously("GET", "/v1/keys")[0], 403)
        self.assertEqual(self.anonymously("GET", "/v1/datasets", {"X-API-Key": "wrong"})[0], 401)


class Audit(AccessCase):
    def entries(self):
        return self.get("/v1/audit?limit=1000")["entries"][::-1]

    def test_every_act_is_written_down(self):
        self.deliver(ITEMS)
        self.call("POST", "/v1/submissions/1/undo")
        clerk = self.as_key("c", "clerk")
        self.call("POST", "/v1/submissions/1/cancel", key=clerk)
        self.call("POST", "/v1/keys?name=x&role=admin", key=clerk)
        self.call("POST", "/v1/submissions/77/approve", key=clerk)
        self.call("GET", "/v1/submissions/1")
        acts = [(one["action"], one["object"], one["submission"], one["outcome"]) for one in self.entries()]
        first, second = (key["id"] for key in self.get("/v1/keys")["keys"])
        self.assertEqual(acts, [("key.create", first, None, "done"), ("submission.deliver", "items", 1, "done"),
                                ("submission.undo", None, 1, "done"), ("key.create", second, None, "done"),
                                ("submission.cancel", None, 1, "wrong-state"), ("key.create", None, None, "forbidden"),
                                ("submission.approve", None, 77, "unknown-submission")])
        last = self.entries()[-1]
        self.assertEqual((last["by"], last["by_id"], last["address"]), ("c", f"key:{second}", "127.0.0.1"))
        self.assertEqual(self.entries()[2]["detail"], {"made": 2})
        page = self.get("/v1/audit?limit=2")
        self.assertEqual([one["number"] for one in page["entries"]], [7, 6])
        self.assertEqual(self.get(f"/v1/audit?limit=1000&cursor={page['cursor']}")["entries"][0]["number"], 5)

    def test_the_chain_is_as_documented(self):
        self.deliver(ITEMS)
        chain = "0" * 64
        for one in self.entries():
            text = chain
            for member in ("number", "at_us", "by", "by_id", "address", "action", "object", "submission", "outcome"):
                value = str(one[member] if one[member] is not None else 0 if member == "submission" else "")
                text += f"{len(value.encode())}:{value},"
            self.assertIsNone(one["detail"])
            chain = hashlib.sha256((text + "0:,").encode()).hexdigest()
            self.assertEqual(chain, one["hash"])
        said = self.inlet("audit", "verify", "--json").json
        self.assertEqual(said["head"], f"{said['entries']}:{chain}")


class Tampering(InletCase):
    def setUp(self):
        super().setUp()
        for text in (ITEMS, ITEMS.replace("apple", "quince"), ITEMS.replace("pear", "fig")):
            self.load(text)
        self.inlet("undo", "3")
        self.head = self.inlet("audit", "verify", "--json").json["head"]
        self.assertTrue(self.head.startswith("4:"))

    def tamper(self, *statements):
        connection = sqlite3.connect(self.path("data/catalog.sqlite"))
        try:
            for (trigger,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'").fetchall():
                connection.execute(f"DROP TRIGGER {trigger}")
            for statement in statements:
                self.assertGreater(connection.execute(statement).rowcount, 0)
            connection.commit()
        finally:
            connection.close()

    def broken(self, entry, *options):
        self.assertEqual(self.error("audit", "verify", *options, code="audit-broken", exit_code=3)["context"]["entry"], str(entry))

    def test_any_change_of_any_member_is_seen(self):
        columns = {"at": "at + 1", "by_name": "'me'", "by_id": "'user:me'", "address": "'::1'", "action": "'x'", "object": "'y'",
                   "submission": "9", "outcome": "'no'", "detail": "'{}'", "hash": "upper(hash)"}
        self.assertEqual(self.inlet("audit", "verify").code, 0)
        for column, value in columns.items():
            connection = sqlite3.connect(self.path("data/catalog.sqlite"))
            before = connection.execute(f"SELECT {column} FROM audit WHERE number = 2").fetchone()[0]
            connection.close()
            self.tamper(f"UPDATE audit SET {column} = {value} WHERE number = 2")
            self.broken(2)
            self.tamper(f"UPDATE audit SET {column} = {json.dumps(before) if isinstance(before, int) else chr(39) + before + chr(39)} WHERE number = 2")
            self.inlet("audit", "verify")

    def test_taking_out_and_putting_in_is_seen(self):
        self.tamper("INSERT INTO audit SELECT 5, at, by_name, by_id, address, action, object, submission, outcome, detail, hash FROM audit WHERE number = 4")
        self.broken(5)
        self.tamper("DELETE FROM audit WHERE number = 5", "DELETE FROM audit WHERE number = 3")
        self.broken(3)

    def test_cutting_off_the_end_is_seen(self):
        self.tamper("DELETE FROM audit WHERE number > 2")
        self.broken(3)  # by the head in the data folder
        os.remove(self.path("data/audit.head"))
        self.broken(3, "--head", self.head)
        self.inlet("audit", "verify")  # and without either nobody could know

    def test_a_slip_of_the_pen_is_refused_by_the_file_itself(self):
        connection = sqlite3.connect(self.path("data/catalog.sqlite"))
        try:
            for statement in ("UPDATE audit SET at = 0", "DELETE FROM audit"):
                with self.assertRaises(sqlite3.IntegrityError):
                    connection.execute(statement)
        finally:
            connection.close()

    def test_acts_of_the_command_line_are_listed(self):
        listed = self.inlet("audit", "--json").json["entries"]
        self.assertEqual([(one["action"], one["submission"], one["outcome"]) for one in listed],
                         [("submission.undo", 3, "done"), ("submission.deliver", 3, "done"), ("submission.deliver", 2, "done"),
                          ("submission.deliver", 1, "done")])
        self.assertTrue(all(one["by_id"].startswith("local:") for one in listed))
        self.inlet("undo", "3", code=None)
        self.inlet("prune")
        newest = self.inlet("audit", "--json", "--limit", "2").json["entries"]
        self.assertEqual([(one["action"], one["outcome"]) for one in newest], [("prune", "done"), ("submission.undo", "already-undone")])
        self.assertIn("submission.undo", self.inlet("audit").out)
        self.inlet("audit", "verify", "--head", self.head)
        self.error("audit", "verify", "--head", "nonsense", code="bad-argument", exit_code=2)


if __name__ == "__main__":
    unittest.main()
