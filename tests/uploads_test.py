"""Resumable uploads, rule by rule of https://tus.io/protocols/resumable-upload (1.0.0), through the real binary."""

import base64
import hashlib
import http.client
import os
import random
import signal
import socket
import time
import unittest
import zlib

from inlet_case import ITEMS
from server_test import ServerCase

BYTES = ITEMS.encode()
TYPE = {"Content-Type": "application/offset+octet-stream"}


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def metadata(**pairs):
    return {"Upload-Metadata": ",".join(f"{key} {b64(value)}" for key, value in pairs.items())}


ITEMS_HERE = metadata(dataset="items", filename="items.csv")


class UploadCase(ServerCase):
    def tus(self, method, path, body=None, headers=None, status=None, **more):
        """One call with Tus-Resumable; returns status, headers, body. Every answer must have the header too."""
        got, answer, text = self.call(method, path, body, {"Tus-Resumable": "1.0.0", **(headers or {})}, **more)
        self.assertEqual(answer.get_all("Tus-Resumable"), ["1.0.0"], (method, path, got))
        if status is not None:
            self.assertEqual(got, status, (method, path, text))
        return got, answer, text

    def refused(self, method, path, status, code, **more):
        got, headers, body = self.tus(method, path, **more)
        self.assertEqual(got, status, body)
        if method != "HEAD":
            self.assertEqual(headers["Content-Type"], "application/problem+json")
            self.assertIn(f'"code":"{code}"', body.decode())
        return headers

    def begin(self, length, headers=None, target=ITEMS_HERE):
        size = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
        _, answer, _ = self.tus("POST", "/v1/uploads", headers={**size, **target, **(headers or {})}, status=201)
        return answer["Location"]

    def partial(self, length):
        return self.begin(length, {"Upload-Concat": "partial"}, {})

    def send(self, url, offset, data, headers=None, status=204):
        return self.tus("PATCH", url, data, {**TYPE, "Upload-Offset": str(offset), **(headers or {})}, status)[1]

    def head(self, url, status=200):
        return self.tus("HEAD", url, status=status)[1]

    def offset(self, url):
        return int(self.head(url)["Upload-Offset"])

    def until_offset(self, url, least):
        """Waits until that many bytes are safe."""
        deadline = time.monotonic() + 60
        while (offset := self.offset(url)) < least:
            self.assertLess(time.monotonic(), deadline, f"only {offset} of {least} bytes are safe")
            time.sleep(0.02)
        return offset

    def patch_and_stop(self, url, offset, data, announced):
        """A PATCH of which only `data` comes; the socket stays open. When this returns it has the upload to itself."""
        peer = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.addCleanup(peer.close)
        peer.sendall(f"PATCH {url} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nTus-Resumable: 1.0.0\r\n"
                     f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: {offset}\r\nContent-Length: {announced}\r\n"
                     "Expect: 100-continue\r\n\r\n".encode())
        self.assertEqual(peer.recv(65536), b"HTTP/1.1 100 Continue\r\n\r\n")
        peer.sendall(data)
        return peer

    def raw(self, url):
        deadline = time.monotonic() + 60
        # After a crash a whole upload is handed over behind the server's start.
        while not (submission := self.head(url)["Inlet-Submission"]):
            self.assertLess(time.monotonic(), deadline, "the upload is not handed over")
            time.sleep(0.02)
        return self.call("GET", f"/v1/submissions/{submission}/raw")[2]

    def upload_files(self):
        return os.listdir(self.path("data/uploads"))


class Core(UploadCase):
    def test_an_upload_in_pieces_becomes_a_submission(self):
        url = self.begin(len(BYTES))
        self.assertEqual(self.offset(url), 0)
        answer = self.send(url, 0, BYTES[:10])
        self.assertEqual(answer["Upload-Offset"], "10")
        self.assertIsNone(answer["Inlet-Submission"])
        self.send(url, 10, BYTES[10:20])
        answer = self.send(url, 20, BYTES[20:], {"Prefer": "wait=30"})
        self.assertEqual((answer["Upload-Offset"], answer["Inlet-Submission"], answer["Inlet-Submission-State"], answer["Content-Location"]),
                         (str(len(BYTES)), "1", "published", "/v1/submissions/1"))
        head = self.head(url)
        self.assertEqual((head["Upload-Offset"], head["Upload-Length"], head["Inlet-Submission"]), (str(len(BYTES)), str(len(BYTES)), "1"))
        self.assertEqual(self.raw(url), BYTES)
        record = self.get("/v1/submissions/1")
        self.assertEqual((record["state"], record["file_name"], record["parts"][0]["accepted"]), ("published", "items.csv", 3))
        self.assertEqual(self.upload_files(), [], "its bytes are the object now")

    def test_head_is_not_cached_and_knows_everything(self):
        url = self.begin(100)
        head = self.head(url)
        self.assertEqual((head["Upload-Offset"], head["Upload-Length"], head["Cache-Control"], head["Upload-Metadata"]),
                         ("0", "100", "no-store", ITEMS_HERE["Upload-Metadata"]))
        self.assertIsNone(head["Upload-Defer-Length"])
        missing = self.refused("HEAD", "/v1/uploads/nothing", 404, "unknown-upload")
        self.assertIsNone(missing["Upload-Offset"])

    def test_an_offset_that_does_not_match_is_a_conflict(self):
        url = self.begin(100)
        self.send(url, 0, b"abc")
        for offset in (0, 2, 4, 100):
            self.refused("PATCH", url, 409, "offset-mismatch", body=b"def", headers={**TYPE, "Upload-Offset": str(offset)})
        self.assertEqual(self.offset(url), 3)
        for offset in ("-1", "x", "", "3.0", "99999999999999999999"):
            self.refused("PATCH", url, 400, "bad-argument", body=b"def", headers={**TYPE, "Upload-Offset": offset})
        self.refused("PATCH", url, 400, "bad-argument", body=b"def", headers=TYPE)

    def test_a_body_of_another_type_is_refused(self):
        url = self.begin(3)
        for kind in ({"Content-Type": "application/octet-stream"}, {"Content-Type": ""}, {}):
            self.refused("PATCH", url, 415, "unsupported-media-type", body=b"abc", headers={**kind, "Upload-Offset": "0"})
        self.assertEqual(self.offset(url), 0)

    def test_a_patch_of_what_is_not_there(self):
        self.refused("PATCH", "/v1/uploads/nothing", 404, "unknown-upload", body=b"abc", headers={**TYPE, "Upload-Offset": "0"})

    def test_other_versions_are_refused_and_change_nothing(self):
        url = self.begin(100)
        for version in ({}, {"Tus-Resumable": "0.2.2"}, {"Tus-Resumable": ""}):
            for method, path, body in (("POST", "/v1/uploads", None), ("HEAD", url, None), ("PATCH", url, b"abc"), ("DELETE", url, None)):
                status, headers, _ = self.call(method, path, body, {**TYPE, "Upload-Offset": "0", "Upload-Length": "5", **ITEMS_HERE, **version})
                self.assertEqual((status, headers["Tus-Version"], headers["Tus-Resumable"]), (412, "1.0.0", "1.0.0"), (method, version))
        self.assertEqual(self.offset(url), 0)

    def test_options_say_what_is_spoken_here(self):
        for path in ("/v1/uploads", "/v1/uploads/any"):
            for headers in ({}, {"Tus-Resumable": "0.1.0"}):
                status, answer, _ = self.call("OPTIONS", path, headers=headers, key="none")
                self.assertEqual((status, answer["Tus-Version"], answer["Tus-Resumable"]), (204, "1.0.0", "1.0.0"))
                self.assertEqual(set(answer["Tus-Extension"].split(",")),
                                 {"creation", "creation-with-upload", "creation-defer-length", "expiration", "checksum", "checksum-trailer",
                                  "termination", "concatenation", "concatenation-unfinished"})
                self.assertGreater(int(answer["Tus-Max-Size"]), 1 << 30)
                self.assertEqual(answer["Tus-Checksum-Algorithm"].split(","), ["sha1", "sha256", "crc32"])

    def test_the_method_may_be_overridden(self):
        url = self.begin(3)
        _, answer, _ = self.tus("POST", url, b"abc", {**TYPE, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}, 204)
        self.assertEqual(answer["Upload-Offset"], "3")
        self.tus("POST", url, headers={"X-HTTP-Method-Override": "DELETE"}, status=204)
        self.head(url, 404)
        self.problem("POST", "/v1/datasets", 405, "method-not-allowed", headers={"X-HTTP-Method-Override": "GET"})

    def test_more_than_the_length_is_refused(self):
        url = self.begin(5)
        self.refused("PATCH", url, 413, "file-too-large", body=b"abcdef", headers={**TYPE, "Upload-Offset": "0"})
        self.assertEqual(self.offset(url), 0)
        self.refused("PATCH", url, 413, "file-too-large", body=iter([b"abc", b"def"]), headers={**TYPE, "Upload-Offset": "0"})
        self.assertEqual(self.offset(url), 0)
        self.send(url, 0, b"abcde")
        self.refused("PATCH", url, 413, "file-too-large", body=b"f", headers={**TYPE, "Upload-Offset": "5"})
        self.refused("PATCH", url, 413, "file-too-large", body=iter([b"f"]), headers={**TYPE, "Upload-Offset": "5"})
        self.send(url, 5, b"")
        self.assertEqual(self.offset(url), 5)

    def test_an_empty_patch_changes_nothing(self):
        url = self.begin(5)
        self.assertEqual(self.send(url, 0, b"")["Upload-Offset"], "0")

    def test_a_chunked_body_is_a_body(self):
        url = self.begin(len(BYTES))
        self.send(url, 0, iter([BYTES[:7], BYTES[7:30], BYTES[30:]]))
        self.assertEqual(self.raw(url), BYTES)

    def test_methods_that_are_none(self):
        self.refused("PUT", "/v1/uploads", 405, "method-not-allowed")
        self.refused("GET", self.begin(1), 405, "method-not-allowed")

    def test_an_admin_sees_the_uploads_of_others(self):
        other = self.inlet("keys", "create", "another", "--json").json["key"]
        url = self.begin(5)
        self.tus("HEAD", url, key=other, status=200)
        self.tus("DELETE", url, key=other, status=204)
        self.head(url, 404)

    def test_without_a_key_nothing_goes(self):
        for method, path in (("POST", "/v1/uploads"), ("HEAD", "/v1/uploads/a"), ("PATCH", "/v1/uploads/a"), ("DELETE", "/v1/uploads/a")):
            self.refused(method, path, 401, "unauthenticated", key="none")


class Broken(UploadCase):
    def test_what_came_before_a_break_is_kept(self):
        url = self.begin(len(BYTES))
        peer = self.patch_and_stop(url, 0, BYTES[:17], len(BYTES))
        peer.close()
        self.assertEqual(self.until_offset(url, 17), 17)
        self.send(url, 17, BYTES[17:])
        self.assertEqual(self.raw(url), BYTES)

    def test_one_at_a_time_and_who_hangs_gives_way(self):
        url = self.begin(len(BYTES))
        hanging = self.patch_and_stop(url, 0, BYTES[:17], len(BYTES))
        deadline = time.monotonic() + 60
        while True:
            status, headers, body = self.tus("PATCH", url, BYTES, {**TYPE, "Upload-Offset": "0"})
            if status != 423:
                break
            self.assertEqual(headers["Retry-After"], "1", body)
            self.assertLess(time.monotonic(), deadline, "the one that hangs does not give way")
            time.sleep(0.1)
        self.assertEqual((status, self.offset(url)), (409, 17), "the bytes of the first one count")
        self.assertIn(b"423", hanging.recv(65536).split(b"\r\n")[0])
        self.send(url, 17, BYTES[17:])
        self.assertEqual(self.raw(url), BYTES)

    def test_a_kill_in_the_middle_loses_nothing_that_was_answered(self):
        data = b"id,name,price,tags\n" + random.Random(5).randbytes(80 << 20)
        url = self.begin(len(data))
        self.send(url, 0, data[:1000])
        peer = self.patch_and_stop(url, 1000, data[1000:70 << 20], len(data) - 1000)
        answered = self.until_offset(url, 1001)
        self.end(self.server, signal.SIGKILL)
        peer.close()
        self.serve()
        offset = self.offset(url)
        self.assertGreaterEqual(offset, answered)
        self.send(url, offset, data[offset:])
        self.assertEqual(hashlib.sha256(self.raw(url)).digest(), hashlib.sha256(data).digest())

    def test_commit_points(self):
        points = ("upload-synced", "upload-safe", "upload-arrived", "receiving", "received", "queued", "upload-handed-over")
        for number, point in enumerate(points):
            with self.subTest(point):
                self.end(self.server)
                self.serve(env={"INLET_DIE_AT": f"pipeline.{point}"})
                data = BYTES + f"{number + 10},more,1,\n".encode()
                url = self.begin(len(data))
                with self.assertRaises((http.client.HTTPException, OSError)):
                    self.send(url, 0, data)
                self.server.wait(30)
                self.serve()
                offset = self.offset(url)
                if offset < len(data):
                    self.send(url, offset, data[offset:])
                self.assertEqual(self.raw(url), data)
                live = [each for each in self.get("/v1/submissions")["submissions"] if each["state"] not in ("failed", "cancelled")]
                self.assertEqual(len(live), number + 1, "once, and not twice")
                self.assertEqual(self.upload_files(), [])


class Creation(UploadCase):
    def test_the_length_is_told_or_deferred(self):
        for headers in ({}, {"Upload-Length": "-1"}, {"Upload-Length": "x"}, {"Upload-Length": ""}, {"Upload-Defer-Length": "0"},
                        {"Upload-Defer-Length": "2"}, {"Upload-Defer-Length": "1", "Upload-Length": "5"}):
            self.refused("POST", "/v1/uploads", 400, "bad-argument", headers={**ITEMS_HERE, **headers})

    def test_a_length_beyond_the_limit_is_refused(self):
        most = int(self.call("OPTIONS", "/v1/uploads")[1]["Tus-Max-Size"])
        self.refused("POST", "/v1/uploads", 413, "file-too-large", headers={**ITEMS_HERE, "Upload-Length": str(most + 1)})
        self.begin(most)
        url = self.begin(None)
        self.refused("PATCH", url, 413, "file-too-large", body=b"", headers={**TYPE, "Upload-Offset": "0", "Upload-Length": str(most + 1)})

    def test_the_target_is_checked(self):
        def refused(status, code, headers, path="/v1/uploads"):
            self.refused("POST", path, status, code, headers={"Upload-Length": "5", **headers})
        refused(404, "unknown-dataset", metadata(dataset="nothing"))
        refused(404, "unknown-package", metadata(package="nothing"))
        refused(404, "unknown-dataset", {}, "/v1/uploads?dataset=nothing")
        refused(400, "ambiguous-target", {})
        refused(400, "ambiguous-target", metadata(dataset="items", package="items"))
        _, answer, _ = self.tus("POST", "/v1/uploads?dataset=items&name=a/b.csv", headers={"Upload-Length": str(len(BYTES))}, status=201)
        self.send(answer["Location"], 0, BYTES)
        self.assertEqual(self.get("/v1/submissions/1")["file_name"], "b.csv")

    def test_metadata_follow_the_rules_and_come_back(self):
        for wrong in ("dataset !!!", "dataset aXRlbXM", "dataset aXRlbXM=,dataset aXRlbXM=", ",", "dataset aXRlbXM=,", "dataset aXRlbXM= x", "=a"):
            got, _, body = self.tus("POST", "/v1/uploads", headers={"Upload-Length": "5", "Upload-Metadata": wrong})
            self.assertEqual(got, 400, (wrong, body))
        text = f"dataset {b64('items')},is_confidential,empty ,binary {b64(bytes(range(256)))}"
        url = self.begin(5, {"Upload-Metadata": text}, {})
        self.assertEqual(self.head(url)["Upload-Metadata"], text)

    def test_a_deferred_length_comes_later_and_stays(self):
        url = self.begin(None)
        head = self.head(url)
        self.assertEqual((head["Upload-Defer-Length"], head["Upload-Length"]), ("1", None))
        self.send(url, 0, BYTES[:5])
        self.assertEqual(self.head(url)["Upload-Defer-Length"], "1")
        self.refused("PATCH", url, 400, "bad-argument", body=b"", headers={**TYPE, "Upload-Offset": "5", "Upload-Length": "4"})
        self.send(url, 5, BYTES[5:9], {"Upload-Length": str(len(BYTES))})
        head = self.head(url)
        self.assertEqual((head["Upload-Defer-Length"], head["Upload-Length"]), (None, str(len(BYTES))))
        self.refused("PATCH", url, 400, "bad-argument", body=b"", headers={**TYPE, "Upload-Offset": "9", "Upload-Length": "7777"})
        self.send(url, 9, BYTES[9:], {"Upload-Length": str(len(BYTES))})
        self.assertEqual(self.raw(url), BYTES)

    def test_a_deferred_length_may_come_after_the_last_byte(self):
        url = self.begin(None)
        self.send(url, 0, BYTES)
        self.assertIsNone(self.head(url)["Inlet-Submission"])
        self.send(url, len(BYTES), b"", {"Upload-Length": str(len(BYTES))})
        self.assertEqual(self.raw(url), BYTES)

    def test_an_empty_upload_is_complete_at_once(self):
        url = self.begin(0)
        self.assertEqual(self.offset(url), 0)
        self.assertEqual(self.raw(url), b"")

    def test_bytes_may_come_with_the_creation(self):
        _, answer, _ = self.tus("POST", "/v1/uploads", BYTES[:9], {**TYPE, **ITEMS_HERE, "Upload-Length": str(len(BYTES))}, 201)
        self.assertEqual(answer["Upload-Offset"], "9")
        self.send(answer["Location"], 9, BYTES[9:])
        self.assertEqual(self.raw(answer["Location"]), BYTES)
        whole = BYTES + b"9,nut,1,\n"
        _, answer, _ = self.tus("POST", "/v1/uploads", whole, {**TYPE, **ITEMS_HERE, "Upload-Length": str(len(whole)), "Prefer": "wait=30"}, 201)
        self.assertEqual((answer["Upload-Offset"], answer["Inlet-Submission"], answer["Inlet-Submission-State"]), (str(len(whole)), "2", "published"))

    def test_bytes_with_the_creation_follow_the_rules_of_patch(self):
        self.refused("POST", "/v1/uploads", 415, "unsupported-media-type", body=b"abc", headers={**ITEMS_HERE, "Upload-Length": "5"})
        self.refused("POST", "/v1/uploads", 413, "file-too-large", body=b"abcdef", headers={**TYPE, **ITEMS_HERE, "Upload-Length": "5"})
        self.refused("POST", "/v1/uploads", 413, "file-too-large", body=iter([b"abc", b"def"]), headers={**TYPE, **ITEMS_HERE, "Upload-Length": "5"})
        self.refused("POST", "/v1/uploads", 460, "upload-checksum-mismatch", body=b"abc",
                     headers={**TYPE, **ITEMS_HERE, "Upload-Length": "5", "Upload-Checksum": "sha1 " + b64(b"wrong")})
        self.assertEqual(self.upload_files(), [])


class Expiration(UploadCase):
    def test_uploads_say_when_they_expire(self):
        _, answer, _ = self.tus("POST", "/v1/uploads", headers={**ITEMS_HERE, "Upload-Length": "9"}, status=201)
        form = r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT$"
        self.assertRegex(answer["Upload-Expires"], form)
        self.assertRegex(self.send(answer["Location"], 0, b"abc")["Upload-Expires"], form)
        self.assertRegex(self.head(answer["Location"])["Upload-Expires"], form)


class Checksums(UploadCase):
    def sums(self, data):
        return {"sha1": hashlib.sha1(data).digest(), "sha256": hashlib.sha256(data).digest(), "crc32": zlib.crc32(data).to_bytes(4, "big")}

    def test_every_algorithm_is_held_against_the_bytes(self):
        for name in ("sha1", "sha256", "crc32"):
            with self.subTest(name):
                url = self.begin(100)
                self.send(url, 0, b"hello", {"Upload-Checksum": f"{name} {b64(self.sums(b'hello')[name])}"})
                self.refused("PATCH", url, 460, "upload-checksum-mismatch", body=b"world",
                             headers={**TYPE, "Upload-Offset": "5", "Upload-Checksum": f"{name} {b64(self.sums(b'hello')[name])}"})
                self.assertEqual(self.offset(url), 5)
                self.send(url, 5, b"world", {"Upload-Checksum": f"{name} {b64(self.sums(b'world')[name])}"})

    def test_what_was_discarded_is_not_in_the_whole(self):
        url = self.begin(len(BYTES))
        self.send(url, 0, BYTES[:9])
        for _ in range(2):
            self.send(url, 9, b"X" * 20, {"Upload-Checksum": "sha1 " + b64(b"wrong")}, 460)
        self.send(url, 9, BYTES[9:], {"Upload-Checksum": "sha1 " + b64(self.sums(BYTES[9:])["sha1"])})
        self.assertEqual(self.raw(url), BYTES)

    def test_unknown_algorithms_and_nonsense_are_refused(self):
        url = self.begin(100)
        for text in ("md4 aGVsbG8=", "SHA1 " + b64(self.sums(b"hello")["sha1"]), "sha1", "sha1 !!!", "", "sha1 "):
            self.refused("PATCH", url, 400, "bad-argument", body=b"hello", headers={**TYPE, "Upload-Offset": "0", "Upload-Checksum": text})
        self.assertEqual(self.offset(url), 0)

    def test_a_piece_that_breaks_off_before_it_could_be_verified_does_not_count(self):
        url = self.begin(100)
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as peer:
            peer.sendall(f"PATCH {url} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nTus-Resumable: 1.0.0\r\nContent-Type: {TYPE['Content-Type']}\r\n"
                         f"Upload-Offset: 0\r\nUpload-Checksum: sha1 {b64(self.sums(b'hello')['sha1'])}\r\nContent-Length: 10\r\n\r\nhello".encode())
        deadline = time.monotonic() + 30
        while self.tus("PATCH", url, b"hello", {**TYPE, "Upload-Offset": "0"})[0] == 423:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertEqual(self.offset(url), 5)

    def trailer(self, url, offset, data, trailer, announce=True):
        return self.bare(f"PATCH {url} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nTus-Resumable: 1.0.0\r\nConnection: close\r\n"
                         f"Content-Type: {TYPE['Content-Type']}\r\nUpload-Offset: {offset}\r\nTransfer-Encoding: chunked\r\n"
                         + ("Trailer: Upload-Checksum\r\n" if announce else "") +
                         f"\r\n{len(data):x}\r\n{data}\r\n0\r\n{trailer}\r\n").split("\r\n")[0]

    def test_the_checksum_may_be_a_trailer(self):
        for name in ("sha1", "sha256", "crc32"):
            url = self.begin(100)
            right = f"Upload-Checksum: {name} {b64(self.sums(b'hello')[name])}\r\n"
            self.assertIn(" 204 ", self.trailer(url, 0, "hello", right))
            self.assertIn(" 460 ", self.trailer(url, 5, "world", right))
            self.assertIn(" 400 ", self.trailer(url, 5, "world", "Upload-Checksum: md4 aGVsbG8=\r\n"))
            self.assertIn(" 400 ", self.trailer(url, 5, "world", ""))
            self.assertEqual(self.offset(url), 5)


class Termination(UploadCase):
    def test_an_unfinished_upload_is_gone(self):
        url = self.begin(100)
        self.send(url, 0, b"abc")
        self.assertEqual(len(self.upload_files()), 1)
        self.tus("DELETE", url, status=204)
        self.assertEqual(self.upload_files(), [])
        self.head(url, 404)
        self.refused("DELETE", url, 404, "unknown-upload")
        self.refused("PATCH", url, 404, "unknown-upload", body=b"d", headers={**TYPE, "Upload-Offset": "3"})

    def test_a_finished_one_too_but_not_what_it_became(self):
        url = self.begin(len(BYTES))
        self.send(url, 0, BYTES)
        self.tus("DELETE", url, status=204)
        self.head(url, 404)
        self.assertEqual(self.call("GET", "/v1/submissions/1/raw")[2], BYTES)

    def test_who_is_sending_is_stopped(self):
        url = self.begin(100)
        peer = self.patch_and_stop(url, 0, b"abc", 100)
        self.tus("DELETE", url, status=204)
        self.head(url, 404)
        self.assertIn(b"HTTP/1.1 4", peer.recv(65536))


class Concatenation(UploadCase):
    def final(self, *urls, headers=None, status=201):
        return self.tus("POST", "/v1/uploads", headers={"Upload-Concat": "final;" + " ".join(urls), **(ITEMS_HERE if headers is None else headers)}, status=status)

    def test_partial_uploads_become_one(self):
        first, second = self.partial(9), self.partial(len(BYTES) - 9)
        self.send(second, 0, BYTES[9:])
        self.send(first, 0, BYTES[:9])
        self.assertEqual(self.head(first)["Upload-Concat"], "partial")
        self.assertIsNone(self.head(first)["Inlet-Submission"])
        self.assertEqual(self.get("/v1/submissions")["submissions"], [])
        _, answer, _ = self.final(first, second)
        head = self.head(answer["Location"])
        self.assertEqual((head["Upload-Length"], head["Upload-Offset"], head["Upload-Concat"]),
                         (str(len(BYTES)), str(len(BYTES)), f"final;{first} {second}"))
        self.assertEqual(self.raw(answer["Location"]), BYTES)
        self.assertEqual(self.get("/v1/submissions/1")["file_name"], "items.csv")

    def test_addresses_may_be_absolute_and_parts_be_used_again(self):
        part = self.partial(len(BYTES))
        self.send(part, 0, BYTES)
        _, answer, _ = self.final(self.url + part)
        self.assertEqual(self.raw(answer["Location"]), BYTES)
        _, answer, _ = self.final(part, part.rsplit("/", 1)[1])
        self.assertEqual(self.raw(answer["Location"]), BYTES + BYTES)

    def test_a_final_upload_may_wait_for_its_parts(self):
        first, second = self.partial(9), self.partial(None)
        _, answer, _ = self.final(first, second)
        final = answer["Location"]
        head = self.head(final)
        self.assertEqual((head["Upload-Offset"], head["Upload-Length"], head["Inlet-Submission"]), (None, None, None))
        self.assertIn("final;", head["Upload-Concat"])
        self.send(first, 0, BYTES[:9])
        self.send(second, 0, BYTES[9:20], {"Upload-Length": str(len(BYTES) - 9)})
        head = self.head(final)
        self.assertEqual((head["Upload-Offset"], head["Upload-Length"]), (None, str(len(BYTES))))
        self.send(second, 11, BYTES[20:])
        self.assertEqual(self.raw(final), BYTES)

    def test_a_final_upload_takes_no_bytes(self):
        part = self.partial(5)
        final = self.final(part)[1]["Location"]
        self.refused("PATCH", final, 403, "final-upload", body=b"abc", headers={**TYPE, "Upload-Offset": "0"})
        self.send(part, 0, b"abcde")
        self.refused("PATCH", final, 403, "final-upload", body=b"", headers={**TYPE, "Upload-Offset": "5"})
        self.assertEqual((self.offset(part), self.raw(final)), (5, b"abcde"))

    def test_what_is_wrong_is_refused(self):
        part, whole = self.partial(5), self.begin(5)
        self.final(part, headers={**ITEMS_HERE, "Upload-Length": "5"}, status=400)
        self.final(part, headers={**ITEMS_HERE, "Upload-Defer-Length": "1"}, status=400)
        self.final(whole, status=400)
        self.final(part, "/v1/uploads/nothing", status=404)
        self.final(status=400)
        self.final(part, headers={}, status=400)
        for text in ("", "both", "final", "Partial", "final /v1/uploads/a"):
            self.refused("POST", "/v1/uploads", 400, "bad-argument", headers={**ITEMS_HERE, "Upload-Length": "5", "Upload-Concat": text})


if __name__ == "__main__":
    unittest.main()
