#!/usr/bin/env python3
"""Uploads a file in pieces (tus 1.0.0) and goes on where it stood when the line breaks, or the server is away.

    upload.py URL DATASET FILE [--piece BYTES] [--break-every N]    the key is read from $KEY

With --break-every every N-th piece is cut off in the middle, to show that nothing is lost by it.
"""

import argparse
import base64
import json
import os
import time

import requests

TUS = {"Tus-Resumable": "1.0.0"}


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Upload:
    def __init__(self, session, url, dataset, path):
        self.session = session
        self.path = path
        self.size = os.path.getsize(path)
        metadata = f"dataset {b64(dataset)},filename {b64(os.path.basename(path))}"
        self.end = None # the answer to the last byte
        answer = session.post(f"{url}/v1/uploads", headers={**TUS, "Upload-Length": str(self.size), "Upload-Metadata": metadata}, timeout=60)
        answer.raise_for_status()
        self.address = url + answer.headers["Location"]

    def offset(self):
        """Where to go on, once the server answers."""
        while True:
            try:
                answer = self.session.head(self.address, headers=TUS, timeout=60)
                if answer.ok:
                    self.take(answer)
                    return int(answer.headers["Upload-Offset"])
                if answer.status_code < 500 and answer.status_code not in (423, 429):
                    answer.raise_for_status()
            except requests.ConnectionError:
                pass
            time.sleep(0.2)

    def send(self, offset, size, cut):
        with open(self.path, "rb") as file:
            file.seek(offset)
            piece = file.read(size)

        def half():
            yield piece[:len(piece) // 2]
            raise ConnectionError("the line breaks here")
        try:
            answer = self.session.patch(self.address, half() if cut else piece, timeout=120, headers={
                **TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset), "Prefer": "wait=30"})
            if answer.ok:
                self.take(answer)
                return int(answer.headers["Upload-Offset"])
        except (ConnectionError, requests.RequestException):
            pass
        return self.offset()

    def take(self, answer):
        if "Inlet-Submission" in answer.headers:
            self.end = {"submission": int(answer.headers["Inlet-Submission"]), "state": answer.headers["Inlet-Submission-State"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("dataset")
    parser.add_argument("file")
    parser.add_argument("--piece", type=int, default=4 << 20)
    parser.add_argument("--break-every", type=int, default=0)
    arguments = parser.parse_args()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {os.environ['KEY']}"
    upload = Upload(session, arguments.url, arguments.dataset, arguments.file)
    offset, pieces = 0, 0
    while upload.end is None:
        pieces += 1
        cut = arguments.break_every != 0 and pieces % arguments.break_every == 0
        offset = upload.send(offset, arguments.piece, cut)
    print(json.dumps({**upload.end, "bytes": upload.size, "pieces": pieces}))


if __name__ == "__main__":
    main()
