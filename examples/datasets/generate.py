"""Makes a dataset of any size from the sample: its rows over and over, each with an e-mail address of its own.

    python3 generate.py --megabytes 2000 --out employees.csv
"""

import argparse
import csv
import os

SAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sample", "applications.csv")


def generate(path, size):
    """At least `size` bytes, whole rows."""
    with open(SAMPLE, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        number = 0
        while out.tell() < size:
            for row in rows:
                number += 1
                writer.writerow({**row, "email": f"{number}.{row['email']}"})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    generate(arguments.out, arguments.megabytes * 1_000_000)
