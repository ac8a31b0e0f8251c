#!/usr/bin/env python3
"""Makes deliveries that one would rather not get, and a large one that is good.

    make_deliveries.py FOLDER    writes them there; each is named after the failure code that answers it
"""

import os
import random
import stat
import sys
import zipfile

HEAD = "order_id,placed_on,customer,amount,currency\n"
ORDERS = HEAD + "3001,2026-03-01,acme,1,EUR\n"
CUSTOMERS = "customer,name,email\nacme,Acme,\n"


def write(folder, name, content):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)


def pack(folder, name, members, links=()):
    """A zip of these members; names in `links` are symbolic links."""
    with zipfile.ZipFile(os.path.join(folder, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            info = zipfile.ZipInfo(member)
            info.compress_type = zipfile.ZIP_DEFLATED
            if member in links:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, content)


def bomb(folder, name):
    """A few hundred KiB that unpack to 400 MiB of zeros."""
    with zipfile.ZipFile(os.path.join(folder, name), "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("orders.csv", "w") as member:
            for _ in range(400):
                member.write(bytes(1 << 20))
        archive.writestr("customers.csv", CUSTOMERS)


def large(folder, name, rows):
    chance = random.Random(7)
    with open(os.path.join(folder, name), "w", encoding="ascii") as file:
        file.write(HEAD)
        for number in range(rows):
            file.write(f"{100_000 + number},2026-{1 + number % 12:02}-{1 + number % 28:02},customer{chance.randrange(5000)},"
                       f"{chance.randrange(100_000) / 100:.2f},{chance.choice(['EUR', 'USD', 'GBP'])}\n")


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    pack(folder, "path-escape.zip", {"../orders.csv": ORDERS, "customers.csv": CUSTOMERS})
    pack(folder, "path-escape-link.zip", {"orders.csv": "/etc/passwd", "customers.csv": CUSTOMERS}, links=("orders.csv",))
    pack(folder, "executable-content.zip", {"orders.csv": b"\x7fELF\x02\x01\x01" + bytes(200), "customers.csv": CUSTOMERS})
    pack(folder, "unknown-member.zip", {"orders.csv": ORDERS, "customers.csv": CUSTOMERS, "notes.txt": "hello\n"})
    pack(folder, "missing-member.zip", {"orders.csv": ORDERS})
    pack(folder, "good.zip", {"orders.csv": ORDERS, "customers.csv": CUSTOMERS})
    with open(os.path.join(folder, "good.zip"), "rb") as file:
        good = file.read()
    write(folder, "file-malformed.zip", good[:-40]) # its directory is cut off
    pack(folder, "nested-archive.zip", {"orders.csv": good, "customers.csv": CUSTOMERS})
    bomb(folder, "zip-bomb.zip")
    write(folder, "executable-content.csv", "#!/bin/sh\nrm -rf /\n")
    write(folder, "format-error.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    large(folder, "large.csv", 300_000)


if __name__ == "__main__":
    main()
