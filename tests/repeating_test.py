"""Requests with an Idempotency-Key, through the real binary: carried out once, however often they come."""

import http.client
import json
import os
import signal
import socket
import unittest

from inlet_case import ITEMS, PROJECT
from server_test import ServerCase

APPENDED = "at,text\n2026-11-20T10:00:00Z,a\n"


class Repeating(ServerCase):
    def post(self, path, body=None, key="k", status=None, **headers):
        """Status, whether it was an earlier answer, and the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        code, got, answer = self.call("POST", path, body, {"Idempotency-Key": key, **named})
        if status is not None:
            self.assertEqual(code, status, answer)
        return code, got.get("Idempotency-Replayed") == "true", got, answer

    def twice(self, path, body=None, status=200, **headers):
        """Sends it twice; the second answer must be the first."""
        _, first_replayed, first_headers, first = self.post(path, body, status=status, **headers)
        _, replayed, again_headers, again = self.post(path, body, status=status, **headers)
        self.assertEqual((first_replayed, replayed), (False, True))
        self.assertEqual(first, again)
        for name in ("Location", "Content-Type", "Upload-Offset", "Upload-Expires"):
            self.assertEqual(first_headers.get(name), again_headers.get(name))
        return first_headers, first

    def acts(self):
        return [entry["action"] for entry in self.get("/v1/audit")["entries"]]

    def test_a_delivery_is_taken_once(self):
        path = "/v1/datasets/log/submissions?again=true"
        headers, answer = self.twice(path, APPENDED, 201, Prefer="wait=30")
        self.assertEqual((json.loads(answer)["state"], headers["Location"]), ("published", "/v1/submissions/1"))
        self.assertEqual(self.get("/v1/datasets/log")["records"], 1)
        self.assertEqual(self.acts().count("submission.deliver"), 1)
        for change in ({"body": APPENDED + "2026-11-20T10:00:01Z,b\n"}, {"path": path + "&name=x.csv"}):
            code, replayed, _, answer = self.post(change.get("path", path), change.get("body", APPENDED))
            self.assertEqual((code, replayed, json.loads(answer)["code"]), (422, False, "idempotency-key-reused"))
        self.assertFalse(self.post(path, APPENDED, key="another", status=201)[1])
        self.assertEqual(len(self.get("/v1/submissions")["submissions"]), 2)

    def test_what_another_caller_uses_is_another_key(self):
        made = self.call("POST", "/v1/keys", "name=bob&role=admin", {"Content-Type": "application/x-www-form-urlencoded"})
        bob = json.loads(made[2])["key"]
        self.post("/v1/datasets/log/submissions?again=true", APPENDED, status=201)
        code, headers, _ = self.call("POST", "/v1/datasets/log/submissions?again=true", APPENDED, {"Idempotency-Key": "k"}, key=bob)
        self.assertEqual((code, headers.get("Idempotency-Replayed")), (201, None))

    def test_a_body_in_chunks_is_the_same_body(self):
        path = "/v1/datasets/log/submissions?again=true"
        self.post(path, APPENDED, status=201)
        pieces = (piece.encode() for piece in (APPENDED[:9], APPENDED[9:]))
        code, headers, _ = self.call("POST", path, pieces, {"Idempotency-Key": "k"})
        self.assertEqual((code, headers["Idempotency-Replayed"]), (201, "true"))

    def test_one_that_is_under_way_answers_409_and_frees_its_key_when_it_breaks_off(self):
        path = "/v1/datasets/log/submissions?again=true"
        first = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        with first:
            first.sendall((f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nIdempotency-Key: k\r\n"
                           "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n").encode())
            self.assertIn(b"100 Continue", first.recv(4096))  # the call reads its body, so that it has begun
            self.problem("POST", path, 409, "request-under-way", headers={"Idempotency-Key": "k"})
            first.sendall(b"at,text\n")
            first.shutdown(socket.SHUT_WR)
            self.assertIn(b"incomplete-upload", self.rest(first))
        self.assertFalse(self.post(path, APPENDED, status=201)[1])

    @staticmethod
    def rest(peer):
        text = b""
        while block := peer.recv(65536):
            text += block
        return text

    def test_decisions_are_made_once(self):
        self.deliver(ITEMS)
        _, answer = self.twice("/v1/submissions/1/undo")
        self.assertEqual((json.loads(answer)["kind"], json.loads(answer)["version"]), ("undo", 2))
        self.assertEqual(self.get("/v1/datasets/items")["version"], 2)
        self.assertEqual(self.acts().count("submission.undo"), 1)
        # What was refused did nothing: its key is free.
        self.problem("POST", "/v1/submissions/1/approve", 409, "not-held", headers={"Idempotency-Key": "a"})
        self.problem("POST", "/v1/submissions/1/approve", 409, "not-held", headers={"Idempotency-Key": "a"})

    def test_a_key_is_made_once_and_its_secret_told_once(self):
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        _, _, _, first = self.post("/v1/keys", "name=ann&role=admin", status=201, **form)
        _, replayed, headers, again = self.post("/v1/keys", "name=ann&role=admin", status=201, **form)
        made, told = json.loads(first), json.loads(again)
        self.assertTrue(replayed and made["key"].startswith(made["prefix"]))
        self.assertEqual((told["id"], told["key"], headers["Cache-Control"]), (made["id"], None, "no-store"))
        self.assertEqual(len(self.get("/v1/keys")["keys"]), 2)
        for store in ("catalog.sqlite", "catalog.sqlite-wal"):
            path = self.path(os.path.join("data", store))
            if os.path.exists(path):
                with open(path, "rb") as file:
                    self.assertNotIn(made["key"].encode(), file.read())

    def test_an_upload_is_begun_once(self):
        tus = {"Tus_Resumable": "1.0.0", "Upload_Length": "31", "Upload_Metadata": "dataset bG9n"}
        headers, _ = self.twice("/v1/uploads", status=201, **tus)
        self.assertTrue(headers["Location"].startswith("/v1/uploads/"))
        self.assertEqual(self.post("/v1/uploads", **{**tus, "Upload_Length": "32"})[0], 422)

    def test_backups_and_forgetting_are_done_once(self):
        self.deliver(ITEMS)
        folder = self.path("backup")
        _, answer = self.twice(f"/v1/backups?dir={folder}", status=201)
        self.assertEqual(json.loads(answer)["generation"], 1)
        self.assertEqual(len(self.inlet("restore", folder, "--list", "--json").json["generations"]), 1)
        _, answer = self.post("/v1/submissions/1/purge", key="p", status=200)[2:]
        self.assertEqual(self.post("/v1/submissions/1/purge", key="p", status=200)[3], answer)

    def test_what_was_under_way_when_the_server_died_may_be_asked_for_again_and_what_was_done_is_not_done_twice(self):
        path = "/v1/datasets/log/submissions?again=true"
        self.post(path, APPENDED, key="done", status=201)
        first = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        with first:
            first.sendall((f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nIdempotency-Key: cut\r\n"
                           "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n").encode())
            self.assertIn(b"100 Continue", first.recv(4096))
            self.end(self.server, signal.SIGKILL)
        self.serve()
        self.assertTrue(self.post(path, APPENDED, key="done", status=201)[1])
        self.assertFalse(self.post(path, APPENDED, key="cut", status=201)[1])

    def test_a_crash_right_after_a_delivery_was_entered_does_not_enter_it_twice(self):
        path = "/v1/datasets/log/submissions?again=true"
        self.end(self.server)
        self.serve(env={"INLET_DIE_AT": "pipeline.queued"})
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.post(path, APPENDED)
        self.server.wait(60)
        self.serve()
        _, replayed, headers, answer = self.post(path, APPENDED, status=201)
        self.assertEqual((replayed, headers["Location"], json.loads(answer)["submission"]), (True, "/v1/submissions/1", 1))
        self.assertEqual(len(self.get("/v1/submissions")["submissions"]), 1)

    def test_an_empty_key_and_one_too_long_are_refused(self):
        for key in ('""', "x" * 256):
            self.problem("POST", "/v1/submissions/1/undo", 400, "bad-argument", headers={"Idempotency-Key": key})

    def test_what_was_erased_is_not_in_a_kept_answer_either(self):
        bad = "at,text\n2026-11-20T10:00:00Z,anna\nanna,anna\n"
        self.post("/v1/datasets/log/submissions", bad, status=201, Prefer="wait=30")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        code, _, answer = self.call("POST", "/v1/datasets/log/erasures", "where=text%3Danna", form)
        self.assertEqual(code, 200, answer)
        _, replayed, _, _ = self.post("/v1/datasets/log/submissions", bad, Prefer="wait=30")
        self.assertFalse(replayed)


class Duplicates(ServerCase):
    project = (PROJECT.replace("    write: upsert\n", "    write: upsert\n    duplicate: reject\n")
               .replace("  log:\n", "  log:\n    duplicate: accept\n"))

    def test_the_same_bytes_are_rejected_accepted_or_ignored_as_the_contract_says(self):
        self.deliver(ITEMS)
        refused = self.problem("POST", "/v1/datasets/items/submissions?name=items.csv", 409, "duplicate-delivery", body=ITEMS)
        self.assertEqual(refused["submission"], "2")
        record = self.get("/v1/submissions/2")
        self.assertEqual((record["state"], record["reason"]["code"]), ("rejected", "duplicate-delivery"))
        self.assertIn("submission 1", record["reason"]["message"])
        code, _, answer = self.call("POST", "/v1/datasets/items/submissions?again=true", ITEMS, {"Prefer": "wait=30"})
        self.assertEqual((code, json.loads(answer)["state"]), (201, "published"))
        for records in (1, 2):
            self.assertFalse(self.deliver(APPENDED, "log")["duplicate"])
            self.assertEqual(self.get("/v1/datasets/log")["records"], records)


if __name__ == "__main__":
    unittest.main()
