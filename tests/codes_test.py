"""Every failure code that somebody who calls the server can cause is caused here, over HTTP, and must be answered as
src/base/failures.yaml documents it. A code that is in neither list below fails the last test."""

import base64
import collections
import functools
import hashlib
import io
import json
import os
import re
import socket
import sqlite3
import struct
import threading
import unittest
import zipfile
import zlib

from inlet_case import REPOSITORY
from server_test import ServerCase

Documented = collections.namedtuple("Documented", "kind http meaning what_to_do")


def documented():
    with open(os.path.join(REPOSITORY, "src/base/failures.yaml"), encoding="utf-8") as file:
        text = file.read()
    entries = re.findall(r"  - code: (\S+)\n    kind: (\S+)\n    http: (\d+)\n    meaning: (.*)\n    what_to_do: (.*)\n", text)
    return {code: Documented(kind, int(http), meaning, way_out) for code, kind, http, meaning, way_out in entries}


CODES = documented()
CAUSED = {}

# What nobody who calls the server can cause, each with the reason.
NOT_CAUSED = {
    "foreign-key": "no contract can declare foreign keys yet",
    "field-too-long": "a cell may be as long as a record, so that record-too-long comes first",
    "nesting-too-deep": "nothing says it yet",
    "incorrect-label": "nothing says it yet: extra-label and missing-label name the nearest",
    "source-error": "nothing says it yet",
    "byte-count": "nothing says it yet",
    "hash-count": "nothing says it yet: Content-Digest and Repr-Digest are answered with checksum-mismatch",
    "malware-found": "takes a scanner: jobs_test.py causes it over HTTP",
    "scanner-unavailable": "takes a scanner that is away: jobs_test.py causes it over HTTP",
    "server-unreachable": "only of the command line that asks a server",
    "keys-unreadable": "nothing says it yet",
    "lease-lost": "only of a worker that was given up; nobody who asks is answered so",
    "not-a-file": "only of watch folders",
    "file-changed": "only of watch folders",
    "folder-unavailable": "only of watch folders",
    "schema-error": "only of contracts, which stand in the project file",
    "dialect-error": "only of contracts, which stand in the project file",
    "contract-changed": "takes an edit of the project file",
    "already-published": "what is published is asked for before anything is published",
    "unknown-version": "no call names a version yet",
    "unknown-backup": "only of inlet restore",
    "query-invalid": "there is no call for queries yet",
    "query-not-read-only": "there is no call for queries yet",
    "value-unwritable": "there is no call for exports yet",
    "usage-error": "only of the command line",
    "file-not-found": "only of the command line and the project file",
    "project-not-found": "only of the command line",
    "project-invalid": "only of the project file",
    "certificate-invalid": "only of the server's own certificate",
    "roles-inseparable": "only of inlet serve --roles",
    "audit-broken": "takes somebody who writes into the catalog's file",
    "out-of-memory-limit": "how much memory there is the machine decides",
    "object-missing": "takes somebody who removes files below the data folder",
    "object-corrupt": "takes somebody who changes files below the data folder",
    "backup-damaged": "takes somebody who changes files of a backup",
    "stores-differ": "takes somebody who changes files below the data folder",
    "catalog-failed": "takes a disk that fails",
    "warehouse-failed": "takes a disk that fails",
    "project-locked": "only beside another process that holds the data",
    "format-too-new": "takes data of a newer version",
    "internal": "a fault of the program",
}

PROJECT = """
project: codes
datasets:
  strict:
    schema:
      fields:
        - {name: id, type: integer, constraints: {minimum: 1}}
        - {name: name, type: string, constraints: {unique: true}}
      primaryKey: id
    rejects: {max_rows: 100, then: publish_rest}
    duplicate: reject
  exact: {schema: {fields: [{name: id, type: integer}]}}
  log: {schema: {fields: [{name: at, type: datetime}, {name: text}]}}
  items: {schema: {fields: [{name: id, type: integer}, {name: name}], primaryKey: id}, write: upsert}
  stock: {schema: {fields: [{name: id, type: integer}], primaryKey: id}, write: sync, deletes: {max_rows: 1, over_limit: reject}}
  shelf: {schema: {fields: [{name: id, type: integer}], primaryKey: id}, write: sync, deletes: {max_rows: 1}}
  whole: {schema: {fields: [{name: id, type: integer}]}, write: replace, deletes: {max_rows: 1}}
  counted: {schema: {fields: [{name: text}]}}
  store: {kind: files}
packages:
  pair: {match: "pair*.zip", members: {a.csv: exact, b.csv: log}}
models:
  numbers: {sql: "SELECT CAST(text AS INTEGER) AS number FROM counted"}
access:
  roles:
    sender: [{dataset: items, allow: [submit]}]
server:
  limits: {LIMITS}
"""

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}


def causes(*codes):
    """Says which codes a test causes; it must cause just these."""
    def enter(test):
        for code in codes:
            assert code not in CAUSED, code
            CAUSED[code] = test.__name__

        @functools.wraps(test)
        def run(self):
            self.seen = set()
            test(self)
            self.assertEqual(self.seen, set(codes))
        return run
    return enter


def archive(*members, kind=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as packed:
        for name, data in members:
            packed.writestr(zipfile.ZipInfo(name) if isinstance(name, str) else name, data, kind)
    return file.getvalue()


A, B = ("a.csv", "id\n1\n"), ("b.csv", "at,text\n2026-11-20T10:00:00Z,x\n")


class Codes(ServerCase):
    limits = "{body_bytes: 64 MiB}"

    @property
    def project(self):
        return PROJECT.replace("{LIMITS}", self.limits)

    # ---- how a code is caused --------------------------------------------------------------------------------------

    def refused(self, code, method, path, status=None, **more):
        """A call that is answered with that code as documented."""
        got, headers, body = self.call(method, path, **more)
        self.check_problem(code, got, headers["Content-Type"], json.loads(body), status)
        return headers, json.loads(body)

    def check_problem(self, code, status, content_type, problem, other_status=None):
        expected = CODES[code]
        self.assertEqual(problem["code"], code, problem)
        self.assertEqual((status, problem["status"]), (other_status or expected.http, expected.http), problem)
        self.assertEqual(content_type, "application/problem+json")
        self.assertEqual((problem["title"], problem["what_to_do"]), (expected.meaning, expected.what_to_do))
        self.assertTrue(problem["detail"])
        self.seen.add(code)

    def send(self, target, body, name="x.csv", status=201, **headers):
        kind = "packages" if target == "pair" else "datasets"
        got, _, answer = self.call("POST", f"/v1/{kind}/{target}/submissions?name={name}", body, {"Prefer": "wait=60", **headers})
        self.assertEqual(got, status, answer)
        return json.loads(answer)

    def rejected(self, code, target, body, name="x.csv", state="rejected"):
        """A delivery that ends so, for that reason; the same is told when it is asked for later."""
        answer = self.send(target, body, name)
        self.check_reason(code, answer, state)
        self.check_reason(code, self.get(f"/v1/submissions/{answer['submission']}"), state)
        return answer

    def check_reason(self, code, record, state):
        self.assertEqual((record["state"], record.get("reason", {}).get("code")), (state, code), record)
        self.assertEqual(record["reason"]["what_to_do"], CODES[code].what_to_do)
        self.assertTrue(record["reason"]["message"])
        self.seen.add(code)

    def member(self, code, *members, data=None):
        """A package that is rejected for that code, alone or as the reason of a part."""
        answer = self.send("pair", data if data is not None else archive(*members), "pair.zip")
        self.assertEqual(answer["state"], "rejected", answer)
        reason = answer["reason"]
        self.assertTrue(reason["code"] == code or f"({code})" in reason["message"], answer)
        self.seen.add(code)
        return answer

    # ---- records ---------------------------------------------------------------------------------------------------

    @causes("type-error", "constraint-error", "unique-error", "missing-cell", "extra-cell", "blank-row", "primary-key",
            "encoding-error", "malformed-record")
    def test_broken_records_are_listed_with_their_place(self):
        body = b'id,name\nx,a\n0,b\n3,c\n4,c\n5\n6,e,f\n\n3,h\n8,\xff\n9,"i"j\n'
        answer = self.send("strict", body)
        self.assertEqual((answer["state"], answer["parts"][0]["rejected"]), ("published", 9))
        _, _, errors = self.call("GET", f"/v1/submissions/{answer['submission']}/errors")
        found = [json.loads(line) for line in errors.splitlines()]
        places = [(each["code"], each["row"], each["line"], each["field"]) for each in found]
        self.assertEqual(places, [("type-error", 1, 2, "id"), ("constraint-error", 2, 3, "id"), ("unique-error", 4, 5, "name"),
                                  ("missing-cell", 5, 6, "name"), ("extra-cell", 6, 7, None), ("blank-row", 7, 8, None),
                                  ("primary-key", 8, 9, "id"), ("encoding-error", 9, 10, "name"), ("malformed-record", 10, 11, None)])
        self.assertEqual({each["code"] for each in answer["parts"][0]["counts"]}, {each["code"] for each in found})
        for each in found:
            self.assertEqual(CODES[each["code"]].kind, "record")
            self.seen.add(each["code"])

    @causes("record-too-long")
    def test_a_record_that_is_too_long(self):
        answer = self.send("strict", "id,name\n1," + "x" * (17 << 20) + "\n2,b\n")
        self.assertEqual([(each["code"], each["count"]) for each in answer["parts"][0]["counts"]], [("record-too-long", 1)])
        self.seen.add("record-too-long")

    @causes("too-many-rejects")
    def test_few_records_that_are_refused_name_each_mistake_by_a_pointer(self):
        _, problem = self.refused("too-many-rejects", "POST", "/v1/datasets/exact/records", body='[{"id":1},{"id":"x"}]', headers=JSON)
        self.assertEqual([(each["code"], each["pointer"], each["field"]) for each in problem["errors"]], [("type-error", "/1/id", "id")])
        self.check_reason("too-many-rejects", self.get(f"/v1/submissions/{problem['submission']}"), "rejected")

    # ---- files -----------------------------------------------------------------------------------------------------

    @causes("blank-header", "blank-label", "duplicate-label", "missing-label", "extra-label", "too-many-columns",
            "executable-content", "format-error")
    def test_files_that_cannot_be_taken_as_a_whole(self):
        self.rejected("blank-header", "strict", "")
        self.rejected("blank-label", "exact", "id,\n1,2\n")
        self.rejected("duplicate-label", "exact", "id,id\n1,2\n")
        self.rejected("missing-label", "strict", "id\n1\n")
        self.rejected("extra-label", "exact", "id,more\n1,2\n")
        self.rejected("too-many-columns", "exact", ",".join(f"c{number}" for number in range(5000)) + "\n")
        self.rejected("executable-content", "exact", b"\x7fELF\x02\x01\x01" + bytes(60))
        self.rejected("format-error", "exact", b"\x89PNG\r\n\x1a\n" + bytes(60))
        self.refused("format-error", "POST", "/v1/datasets/exact/records", body='{"id":', headers=JSON)

    @causes("file-malformed", "path-escape", "nested-archive", "encrypted-archive", "unknown-member", "missing-member",
            "duplicate-member", "zip-bomb", "part-failed")
    def test_archives_that_cannot_be_taken(self):
        whole = archive(A, B)
        self.member("file-malformed", data=whole[:len(whole) - 30])
        self.member("path-escape", A, B, ("../b.csv", "x"))
        self.member("nested-archive", A, B, ("c.zip", whole))
        self.member("unknown-member", A, B, ("c.csv", "x"))
        self.member("missing-member", A)
        twice = archive(A, B, ("x.csv", A[1])).replace(b"x.csv", b"a.csv")
        self.member("duplicate-member", data=twice)
        self.member("zip-bomb", A, ("b.csv", bytes(70 << 20)))
        locked = bytearray(whole)
        for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = whole.find(signature)
            while at >= 0:
                locked[at + flags] |= 1
                at = whole.find(signature, at + 1)
        self.member("encrypted-archive", data=bytes(locked))
        self.rejected("part-failed", "pair", archive(("a.csv", "id\nx\n"), B), "pair.zip")

    @causes("checksum-mismatch")
    def test_bytes_that_were_damaged_on_the_way(self):
        digest = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
        self.refused("checksum-mismatch", "POST", "/v1/datasets/exact/submissions", body="id\n1\n",
                     headers={"Content-Digest": f"sha-256=:{digest}:"})
        damaged = archive(A, B, kind=zipfile.ZIP_STORED).replace(b"id\n1\n", b"id\n2\n")
        self.member("checksum-mismatch", data=damaged)

    # ---- policies --------------------------------------------------------------------------------------------------

    @causes("deletes-over-limit", "empty-snapshot", "model-failed", "duplicate-delivery")
    def test_rules_of_the_datasets(self):
        self.send("stock", "id\n1\n2\n3\n4\n")
        self.rejected("deletes-over-limit", "stock", "id\n1\n")
        self.rejected("empty-snapshot", "stock", "id\n")
        self.rejected("model-failed", "counted", "text\nno number\n")
        self.send("strict", "id,name\n1,a\n")
        _, problem = self.refused("duplicate-delivery", "POST", "/v1/datasets/strict/submissions", body="id,name\n1,a\n")
        self.check_reason("duplicate-delivery", self.get(f"/v1/submissions/{problem['submission']}"), "rejected")

    # ---- submissions -----------------------------------------------------------------------------------------------

    @causes("wrong-state", "not-held", "not-undoable", "already-undone", "undo-conflict", "superseded-by-snapshot",
            "approval-changed", "cancelled")
    def test_decisions_that_cannot_be_made(self):
        first = self.send("items", "id,name\n1,a\n")["submission"]
        self.send("items", "id,name\n1,b\n")
        self.refused("wrong-state", "POST", f"/v1/submissions/{first}/cancel")
        self.refused("not-held", "POST", f"/v1/submissions/{first}/approve")
        self.refused("undo-conflict", "POST", f"/v1/submissions/{first}/undo")
        bad = self.send("exact", "id\nx\n")["submission"]
        self.refused("not-undoable", "POST", f"/v1/submissions/{bad}/undo")
        good = self.send("exact", "id\n1\n")["submission"]
        self.assertEqual(self.call("POST", f"/v1/submissions/{good}/undo")[0], 200)
        self.refused("already-undone", "POST", f"/v1/submissions/{good}/undo")
        snapshot = self.send("stock", "id\n1\n")["submission"]
        self.send("stock", "id\n2\n")
        self.refused("superseded-by-snapshot", "POST", f"/v1/submissions/{snapshot}/undo")
        self.send("shelf", "id\n1\n2\n3\n4\n")
        second = self.send("shelf", "id\n1\n")["submission"]
        held = [each for each in self.get("/v1/submissions?state=held")["submissions"] if each["parent"] == second]
        self.assertEqual(len(held), 1, held)
        self.assertEqual(self.call("POST", f"/v1/submissions/{second}/undo")[0], 200)
        self.check_reason("cancelled", self.get(f"/v1/submissions/{held[0]['submission']}"), "cancelled")
        self.approval_changes()

    def approval_changes(self):
        """What is held would delete something else by now than when it was held."""
        self.send("whole", "id\n1\n2\n3\n")
        held = self.send("whole", "id\n4\n")
        self.assertEqual(held["state"], "held", held)
        self.send("whole", "id\n1\n2\n")
        self.refused("approval-changed", "POST", f"/v1/submissions/{held['submission']}/approve")

    @causes("retention-expired", "version-pruned", "interrupted", "erasure-incomplete")
    def test_what_is_gone_or_never_came(self):
        old = self.send("items", "id,name\n1,a\n")["submission"]
        new = self.send("items", "id,name\n1,b\n")["submission"]
        self.assertEqual(self.call("POST", "/v1/purges?dataset=items")[0], 200)
        self.refused("retention-expired", "GET", f"/v1/submissions/{old}/raw")
        self.refused("version-pruned", "POST", f"/v1/submissions/{new}/undo")
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            peer.sendall((f"POST /v1/datasets/items/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
                          "Content-Length: 100\r\n\r\nid,name\n").encode())
            peer.shutdown(socket.SHUT_WR)
            self.assertIn("incomplete-upload", self.rest(peer))
        broken = self.get("/v1/submissions?limit=1")["submissions"][0]
        self.assertEqual(broken["state"], "failed")
        self.refused("interrupted", "POST", f"/v1/submissions/{broken['submission']}/retry")
        self.send("pair", archive(A, B), "pair.zip")
        self.refused("erasure-incomplete", "POST", "/v1/datasets/exact/erasures", body="where=id%3D1", headers=FORM)

    @staticmethod
    def rest(peer):
        text = b""
        while block := peer.recv(65536):
            text += block
        return text.decode()

    # ---- requests --------------------------------------------------------------------------------------------------

    @causes("unknown-dataset", "unknown-package", "unknown-submission", "unknown-upload", "unknown-key",
            "unknown-notification", "unknown-address", "method-not-allowed", "unsupported-media-type", "bad-argument",
            "not-supported", "unauthenticated", "forbidden", "ambiguous-target", "folder-not-empty", "io-failed")
    def test_calls_that_are_wrong(self):
        self.refused("unknown-dataset", "GET", "/v1/datasets/nothing")
        self.refused("unknown-package", "POST", "/v1/packages/nothing/submissions", body="x")
        self.refused("unknown-submission", "GET", "/v1/submissions/999")
        self.refused("unknown-upload", "DELETE", "/v1/uploads/nothing", headers=TUS)
        self.refused("unknown-key", "DELETE", "/v1/keys/00000000")
        self.refused("unknown-notification", "POST", "/v1/notifications/999/resend")
        self.refused("unknown-address", "GET", "/v1/nothing")
        headers, _ = self.refused("method-not-allowed", "PUT", "/v1/datasets")
        self.assertEqual(headers["Allow"], "GET, HEAD")
        self.refused("unsupported-media-type", "POST", "/v1/datasets/exact/records", body="x", headers={"Content-Type": "image/png"})
        self.refused("bad-argument", "GET", "/v1/submissions?limit=x")
        self.refused("not-supported", "POST", "/v1/datasets/whole/records", body='{"id":1}', headers=JSON)
        headers, _ = self.refused("unauthenticated", "GET", "/v1/datasets", key="nobody")
        self.assertIn("Bearer", headers["WWW-Authenticate"])
        made = json.loads(self.call("POST", "/v1/keys", "name=sender&role=sender", FORM)[2])["key"]
        self.refused("forbidden", "GET", "/v1/keys", key=made)
        self.refused("ambiguous-target", "POST", "/v1/uploads", headers={**TUS, "Upload-Length": "1"})
        self.write("full/file", "x")
        self.refused("folder-not-empty", "POST", f"/v1/backups?dir={self.path('full')}")
        self.refused("io-failed", "POST", f"/v1/backups?dir={self.path('full')}/file/below")

    @causes("offset-mismatch", "upload-checksum-mismatch", "final-upload", "upload-complete", "protocol-version",
            "file-too-large", "upload-locked", "incomplete-upload")
    def test_uploads_that_cannot_go_on(self):
        def begin(**headers):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            code, answer, body = self.call("POST", "/v1/uploads?dataset=exact", None, {**TUS, **named})
            self.assertEqual(code, 201, body)
            return answer["Location"]
        address = begin(Upload_Length="9")
        self.refused("protocol-version", "PATCH", address, headers={"Upload-Offset": "0"})
        self.refused("offset-mismatch", "PATCH", address, body="x", headers={**PIECE, "Upload-Offset": "3"})
        wrong = "crc32 " + base64.b64encode(struct.pack(">I", zlib.crc32(b"other"))).decode()
        self.refused("upload-checksum-mismatch", "PATCH", address, body="x", headers={**PIECE, "Upload-Offset": "0", "Upload-Checksum": wrong})
        self.refused("file-too-large", "PATCH", address, body="0123456789", headers={**PIECE, "Upload-Offset": "0"})
        self.locked(address)
        part = begin(Upload_Length="1", Upload_Concat="partial")
        final = self.call("POST", "/v1/uploads?dataset=exact", None, {**TUS, "Upload-Concat": f"final;{part}"})[1]["Location"]
        self.refused("final-upload", "PATCH", final, body="x", headers={**PIECE, "Upload-Offset": "0"})
        told = {"Upload-Complete": "?1"}
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            peer.sendall((f"POST /v1/uploads?dataset=exact HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
                          "Upload-Complete: ?1\r\nContent-Length: 9\r\n\r\nid").encode())
            peer.shutdown(socket.SHUT_WR)
            said = self.rest(peer)
        broken = re.search(r"Location: (\S+)", said).group(1)
        problem = json.loads(said.rsplit("\r\n\r\n", 1)[1])
        self.check_problem("incomplete-upload", int(re.findall(r"HTTP/1.1 (\d+)", said)[-1]),
                           re.search(r"Content-Type: (\S+)", said).group(1), problem)
        more = {**told, "Content-Type": "application/partial-upload"}
        self.assertEqual(self.call("PATCH", broken, "\n1\n2\n3\n", {**more, "Upload-Offset": "2"})[0], 201)
        self.refused("upload-complete", "PATCH", broken, headers={**more, "Upload-Offset": "9"})

    def locked(self, address):
        """While one request sends to the upload, slowly but on, another one is refused."""
        over = threading.Event()
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            peer.sendall((f"PATCH {address} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nTus-Resumable: 1.0.0\r\n"
                          "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nTransfer-Encoding: chunked\r\n"
                          "Expect: 100-continue\r\n\r\n").encode())
            self.assertIn(b"100 Continue", peer.recv(4096))

            def drip():
                for _ in range(8):
                    peer.sendall(b"1\r\nx\r\n")
                    if over.wait(1):
                        return
            dripping = threading.Thread(target=drip)
            dripping.start()
            try:
                self.refused("upload-locked", "PATCH", address, headers={**PIECE, "Upload-Offset": "0"})
            finally:
                over.set()
                dripping.join()

    @causes("unknown-file", "path-invalid", "precondition-failed", "range-not-satisfiable", "upload-unfinished",
            "signature-invalid", "multipart-malformed")
    def test_files_that_cannot_be_had_or_stored(self):
        base = "/v1/datasets/store/files/"
        self.refused("unknown-file", "GET", base + "nothing")
        self.refused("path-invalid", "PUT", base + "%2e%2e/x", body="x")
        self.assertEqual(self.call("PUT", base + "a.txt", b"hello", {"Prefer": "wait=60"})[0], 201)
        self.refused("precondition-failed", "PUT", base + "a.txt", body="other", headers={"If-None-Match": "*"})
        self.refused("range-not-satisfiable", "GET", base + "a.txt", headers={"Range": "bytes=99-"})
        self.refused("multipart-malformed", "PUT", base + "b.txt", body="no form",
                     headers={"Content-Type": "multipart/form-data; boundary=b"})
        asked = json.dumps({"dataset": "store", "path": "c.txt", "bytes": 3})
        session = json.loads(self.call("POST", "/v1/upload-sessions", asked, JSON)[2])
        self.refused("upload-unfinished", "POST", f"/v1/upload-sessions/{session['session']}/complete")
        self.refused("signature-invalid", "PUT", session["parts"][0]["url"] + "0", body="abc")

    @causes("idempotency-key-reused", "request-under-way")
    def test_keys_of_repeatable_requests(self):
        path = "/v1/datasets/exact/records"
        self.assertEqual(self.call("POST", path, '{"id":1}', {**JSON, "Idempotency-Key": "k"})[0], 201)
        self.refused("idempotency-key-reused", "POST", path, body='{"id":2}', headers={**JSON, "Idempotency-Key": "k"})
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            peer.sendall((f"POST /v1/datasets/exact/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
                          "Idempotency-Key: l\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n").encode())
            self.assertIn(b"100 Continue", peer.recv(4096))
            self.refused("request-under-way", "POST", "/v1/datasets/exact/submissions", body="id\n1\n", headers={"Idempotency-Key": "l"})

    @causes("upload-expired")
    def test_an_upload_that_was_left_for_a_day(self):
        address = self.call("POST", "/v1/uploads?dataset=exact", None, {**TUS, "Upload-Length": "9"})[1]["Location"]
        self.end(self.server)
        with sqlite3.connect(self.path("data/catalog.sqlite")) as catalog:  # the day that has passed
            catalog.execute("UPDATE uploads SET expires_at = expires_at - 86400 * 1000000")
        catalog.close()
        self.serve()
        self.refused("upload-expired", "PATCH", address, body="x", headers={**PIECE, "Upload-Offset": "0"})


class Limits(Codes):
    """The same server with narrow limits; none of the other tests are run with them."""
    limits = "{per_address: {requests_per_second: 1, burst: 2}, body_time: 1s}"

    @causes("rate-limited", "too-slow")
    def test_limits_of_the_server(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=("127.0.0.3", 0)) as peer:
            peer.sendall((f"POST /v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
                          "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n").encode())
            said = self.rest(peer)
        self.check_problem("too-slow", int(said.split(" ", 2)[1]), re.search(r"Content-Type: (\S+)", said).group(1),
                           json.loads(said.split("\r\n\r\n", 1)[1]))
        for _ in range(60):  # the bucket holds two and fills at one a second, so that some call of many is one too many
            code, headers, body = self.call("GET", "/livez", source="127.0.0.4")
            if code != 200:
                break
        self.check_problem("rate-limited", code, headers["Content-Type"], json.loads(body))
        self.assertGreaterEqual(int(headers["Retry-After"]), 1)


class Full(Codes):
    """The same server on a disk that is too full for it."""
    limits = "{disk_free: 4000000 TiB}"

    @causes("disk-full")
    def test_a_full_disk(self):
        self.refused("disk-full", "POST", "/v1/datasets/exact/submissions", body="id\n1\n")


for name in [name for name in dir(Codes) if name.startswith("test_")]:
    setattr(Limits, name, None)
    setattr(Full, name, None)


class Lists(unittest.TestCase):
    def test_every_code_is_caused_or_it_is_said_why_not(self):
        self.assertEqual(set(CAUSED) & set(NOT_CAUSED), set())
        self.assertEqual(set(CAUSED) | set(NOT_CAUSED), set(CODES))
        self.assertTrue(all(NOT_CAUSED.values()))

    def test_the_list_is_the_one_that_the_program_was_made_from(self):
        with open(os.path.join(REPOSITORY, "docs/failures.json"), encoding="utf-8") as file:
            told = json.load(file)
        self.assertEqual({each["code"] for each in told}, set(CODES))


if __name__ == "__main__":
    unittest.main()
