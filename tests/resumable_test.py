"""Resumable uploads by draft-ietf-httpbis-resumable-upload, through the real binary and bare sockets."""

import base64
import hashlib
import http.client
import json
import socket
import unittest

from inlet_case import ITEMS
from server_test import ServerCase

PARTIAL = "application/partial-upload"
TYPES = "https://iana.org/assignments/http-problem-types#"


class Response(http.client.HTTPResponse):
    """Python passes over 100 (Continue) alone."""

    def _read_status(self):
        while True:
            version, status, reason = super()._read_status()
            if status != 104:
                return version, status, reason
            http.client.parse_headers(self.fp)


class Resumable(ServerCase):
    def setUp(self):
        super().setUp()
        usual = http.client.HTTPConnection.response_class
        http.client.HTTPConnection.response_class = Response
        self.addCleanup(setattr, http.client.HTTPConnection, "response_class", usual)

    def begin(self, complete, body=b"", status=201, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        code, got, answer = self.call("POST", "/v1/uploads?dataset=items&name=items.csv", body, {"Upload-Complete": complete, **named})
        self.assertEqual(code, status, answer)
        return got, answer

    def append(self, address, offset, body=b"", complete="?0", status=204, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        code, got, answer = self.call("PATCH", address, body, {"Upload-Offset": str(offset), "Upload-Complete": complete,
                                                               "Content-Type": PARTIAL, **named})
        self.assertEqual(code, status, answer)
        return got, answer

    def state(self, address):
        code, headers, _ = self.call("HEAD", address)
        self.assertEqual((code, headers["Cache-Control"]), (204, "no-store"))
        return headers["Upload-Offset"], headers["Upload-Complete"], headers["Upload-Length"]

    def talk(self, peer, until):
        """What the server says, up to and with those bytes."""
        said = b""
        while until not in said:
            block = peer.recv(65536)
            self.assertTrue(block, said)
            said += block
        return said.decode()

    def test_options_tell_that_it_is_spoken(self):
        code, headers, _ = self.call("OPTIONS", "/v1/uploads")
        self.assertEqual(code, 204)
        self.assertIn(PARTIAL, headers["Accept-Patch"])
        self.assertRegex(headers["Upload-Limit"], r"^max-size=\d+$")

    def test_a_whole_file_in_one_request_is_announced_by_104_and_answered_as_a_delivery(self):
        text = ITEMS.encode()
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            peer.sendall((f"POST /v1/uploads?dataset=items HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
                          "Content-Disposition: inline; filename=\"a.csv\"; filename*=UTF-8''%c3%a4.csv\r\n"
                          f"Upload-Complete: ?1\r\nUpload-Draft-Interop-Version: 8\r\nPrefer: wait=30\r\nContent-Length: {len(text)}\r\n\r\n").encode())
            told = self.talk(peer, b"\r\n\r\n")
            self.assertTrue(told.startswith("HTTP/1.1 104 Upload Resumption Supported\r\n"), told)
            self.assertIn("Upload-Draft-Interop-Version: 8\r\n", told)
            address = told.split("Location: ")[1].split("\r\n")[0]
            self.assertRegex(told, r"Upload-Limit: max-size=\d+, max-age=\d+\r\n")
            peer.sendall(text)
            response = Response(peer)
            response.begin()
            answer = json.loads(response.read())
        self.assertEqual((response.status, response.headers["Upload-Complete"], answer["state"]), (201, "?1", "published"))
        self.assertEqual(response.headers["Location"], "/v1/submissions/1")
        self.assertEqual(self.get("/v1/submissions/1")["file_name"], "ä.csv")
        self.assertEqual(self.state(address), (str(len(text)), "?1", str(len(text))))

    def test_a_broken_line_is_taken_up_again_where_it_broke(self):
        text = ITEMS.encode()
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            peer.sendall((f"POST /v1/uploads?dataset=items HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\n"
                          f"Upload-Complete: ?1\r\nContent-Length: {len(text)}\r\n\r\n").encode())
            address = self.talk(peer, b"\r\n\r\n").split("Location: ")[1].split("\r\n")[0]
            peer.sendall(text[:20])
            peer.shutdown(socket.SHUT_WR)
            self.assertIn("incomplete-upload", self.talk(peer, b"incomplete-upload"))
        offset, complete, length = self.state(address)
        self.assertEqual((offset, complete, length), ("20", "?0", str(len(text))))
        headers, answer = self.append(address, offset, text[20:], "?1", 201, Prefer="wait=30")
        self.assertEqual((headers["Upload-Complete"], json.loads(answer)["state"]), ("?1", "published"))
        self.assertEqual(self.call("GET", "/v1/submissions/1/raw")[2], text)

    def test_a_stream_of_unknown_length_ends_when_it_is_said_to(self):
        text = ITEMS.encode()
        headers, _ = self.begin("?0", text[:7])
        address = headers["Location"]
        self.assertEqual((headers["Upload-Complete"], headers["Upload-Offset"]), ("?0", "7"))
        self.assertEqual(self.state(address), ("7", "?0", None))
        headers, _ = self.append(address, 7, text[7:])
        self.assertEqual(headers["Upload-Complete"], "?0")
        self.assertEqual(self.state(address)[:2], (str(len(text)), "?0"))
        self.assertEqual(self.get("/v1/submissions")["submissions"], [])
        headers, answer = self.append(address, len(text), b"", "?1", 201, Prefer="wait=30")
        self.assertEqual(json.loads(answer)["state"], "published")
        code, headers, _ = self.call("HEAD", address)
        self.assertEqual((headers["Inlet-Submission"], headers["Content-Location"]), ("1", "/v1/submissions/1"))

    def test_bytes_at_another_place_are_refused_with_the_right_one(self):
        address = self.begin("?0", b"id,name")[0]["Location"]
        headers, answer = self.append(address, 3, b"x", status=409)
        problem = json.loads(answer)
        self.assertEqual(headers["Upload-Offset"], "7")
        self.assertEqual((problem["type"], problem["expected-offset"], problem["provided-offset"], problem["code"]),
                         (TYPES + "mismatching-upload-offset", 7, 3, "offset-mismatch"))

    def test_a_complete_upload_stays_as_it_is(self):
        text = ITEMS.encode()
        address = self.begin("?0", text, Upload_Length=str(len(text)))[0]["Location"]
        self.assertEqual(self.state(address), (str(len(text)), "?0", str(len(text))))
        self.append(address, len(text), b"", "?1", 201)
        _, answer = self.append(address, len(text), b"", "?1", 400)
        self.assertEqual(json.loads(answer)["type"], TYPES + "completed-upload")
        _, answer = self.append(address, len(text), b"more", "?1", 400)
        self.assertEqual(json.loads(answer)["type"], TYPES + "inconsistent-upload-length")

    def test_lengths_that_do_not_agree_are_refused(self):
        _, answer = self.begin("?1", b"id", 400, Upload_Length="3")
        self.assertEqual(json.loads(answer)["type"], TYPES + "inconsistent-upload-length")
        address = self.begin("?0", b"id", Upload_Length="9")[0]["Location"]
        _, answer = self.append(address, 2, b",", status=400, Upload_Length="8")
        self.assertEqual(json.loads(answer)["type"], TYPES + "inconsistent-upload-length")
        _, answer = self.append(address, 2, b",", "?1", 400)
        self.assertEqual(json.loads(answer)["type"], TYPES + "inconsistent-upload-length")
        self.assertEqual(self.state(address), ("2", "?0", "9"))

    def test_more_bytes_than_there_were_to_be_end_the_upload(self):
        address = self.begin("?0", b"id", Upload_Length="4")[0]["Location"]
        headers, answer = self.append(address, 2, b"12345", status=413)
        self.assertEqual(json.loads(answer)["code"], "file-too-large")
        self.assertRegex(headers["Upload-Limit"], r"max-size=\d+")
        self.problem("PATCH", address, 404, "unknown-upload", body=b"1",
                     headers={"Upload-Offset": "2", "Upload-Complete": "?0", "Content-Type": PARTIAL})

    def test_what_is_too_large_is_refused_at_once(self):
        headers, answer = self.begin("?0", b"", 413, Upload_Length="999999999999999")
        self.assertEqual(json.loads(answer)["code"], "file-too-large")
        self.assertIn("max-size=", headers["Upload-Limit"])

    def test_an_upload_is_cancelled(self):
        address = self.begin("?0", b"id")[0]["Location"]
        self.assertEqual(self.call("DELETE", address)[0], 204)
        self.assertEqual(self.call("HEAD", address)[0], 404)
        self.append(address, 2, b"x", status=404)

    def test_headers_of_another_form_say_nothing(self):
        for value in ("1", "true", "?2", '"?1"'):
            code, _, answer = self.call("POST", "/v1/uploads?dataset=items", b"", {"Upload-Complete": value})
            self.assertEqual((code, json.loads(answer)["code"]), (412, "protocol-version"))
        headers, _ = self.begin("?0", b"id", Upload_Length="-3")
        self.assertEqual(self.state(headers["Location"]), ("2", "?0", None))
        self.append(headers["Location"], "x", b"1", status=400)

    def test_other_content_and_other_peoples_uploads_are_refused(self):
        address = self.begin("?0", b"id")[0]["Location"]
        headers, _ = self.append(address, 2, b"x", status=415, Content_Type="text/csv")[0], None
        self.assertEqual(headers["Accept-Patch"], PARTIAL)
        made = self.call("POST", "/v1/keys", "name=bob&role=other", {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(made[0], 400, made)  # no such role: nobody but admins here
        self.append(address + "0", 2, b"x", status=404)

    def test_digests_of_one_request_and_of_the_whole_are_held_against_the_bytes(self):
        def digest(data):
            return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"
        text = ITEMS.encode()
        address = self.begin("?0", text[:5], Content_Digest=digest(text[:5]))[0]["Location"]
        _, answer = self.append(address, 5, text[5:9], status=422, Content_Digest=digest(b"other"))
        self.assertEqual(json.loads(answer)["code"], "checksum-mismatch")
        self.assertEqual(self.state(address)[0], "5")
        _, answer = self.begin("?1", text, 422, Repr_Digest=digest(b"other"))
        self.assertEqual(json.loads(answer)["code"], "checksum-mismatch")
        self.begin("?1", text, 201, Repr_Digest=digest(text))

    def test_who_goes_on_takes_the_place_of_one_that_hangs(self):
        text = ITEMS.encode()
        address = self.begin("?0")[0]["Location"]
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            peer.sendall((f"PATCH {address} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.key}\r\nUpload-Complete: ?0\r\n"
                          f"Expect: 100-continue\r\nUpload-Offset: 0\r\nContent-Type: {PARTIAL}\r\nContent-Length: {len(text)}\r\n\r\n").encode())
            self.talk(peer, b"100 Continue")
            peer.sendall(text[:10])
            offset = int(self.state(address)[0])
            self.assertLessEqual(offset, 10)
            self.append(address, offset, text[offset:], "?1", 201)
            self.assertIn("upload-locked", self.talk(peer, b"upload-locked"))
        self.assertEqual(self.call("GET", "/v1/submissions/1/raw")[2], text)


if __name__ == "__main__":
    unittest.main()
