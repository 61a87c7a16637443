"""Long runs, measured from outside: a perceptron makes 200,000 steps, an adversarial pair 20,000, and a server
answers for ten minutes under full load. After the first tenth, the regression line of the peak resident memory of each
twentieth may rise by 2 %, no file handle may be added, and a run's folder may hold no more than retention keeps. Prints
a table, and exits with 1 when a bound is exceeded. Linux only, since it reads /proc; Python's standard library is
enough.

A step allocates and frees half of all memory, so that a single reading is arbitrary: the peaks of the parts are
compared. Pages have 4 kB, since a process of 40 MB has one huge page of 2 MB more or less from one moment to the
next.

    soak.py HEARTH [--share 0.1] [--only mlp|gan|serve]

The share is that of the steps and minutes.
"""

import argparse
import ctypes
import gzip
import json
import math
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

# Config, steps, and steps in an epoch.
RUNS = {"mlp": ("mlp-nano", 200_000, 29), "gan": ("gan-nano", 20_000, 32)}
SERVED = 600
# Seconds between two readings.
PERIOD = 0.1
# Number of parts whose peak memory is compared.
PARTS = 18

# Allowed relative rise of resident memory.
FLAT = 0.02
# The two newest checkpoints, their two best ones, one being written and one being removed.
MAX_CHECKPOINTS = 6
# The images of an animation, the newest one and the one being written.
MAX_IMAGES = 122
LARGEST_PAGE = 2e6
# Images and histograms of a run of any length; the numbers are those of metrics.jsonl, each with a name.
LARGEST_EVENTS, NUMBERS = 16e6, 3

CONNECTIONS = 64


def process_now(pid):
    """Peak resident memory since the last reading, in bytes, and the number of open files. An error once the process
    has ended."""
    process = pathlib.Path(f"/proc/{pid}")
    memory = re.search(r"VmHWM:\s+(\d+)", (process / "status").read_text())
    (process / "clear_refs").write_text("5")
    return {"memory": int(memory[1]) * 1024, "handles": len(os.listdir(process / "fd"))}


def folder_now(run):
    """The newest step of a run, and the counts and sizes of its folder."""
    def count(name):
        return len(os.listdir(run / name)) if (run / name).is_dir() else 0

    def size(pattern):
        return sum(path.stat().st_size for path in run.glob(pattern))

    now = {"step": 0, "log": 0, "checkpoints": count("checkpoints"), "pictures": count("samples"),
           "page": size("report.html"), "events": size("events.out.*")}
    if (run / "metrics.jsonl").exists():
        with open(run / "metrics.jsonl", "rb") as log:
            now["log"] = log.seek(0, os.SEEK_END)
            log.seek(max(0, now["log"] - 4096))
            # The first of them is cut in two, and the last one is empty or not yet whole.
            lines = log.read().split(b"\n")[1:-1]
            now["step"] = json.loads(lines[-1])["step"] if lines else 0
    return now


def row(name, found, allowed, holds):
    """Prints a row of the table, and returns true if its bound holds."""
    print(f"  {name:<12} {found:<34} {allowed:<36} {'ok' if holds else 'TOO MUCH'}", flush=True)
    return holds


def megabytes(size):
    return f"{size / 1e6:.2f} MB"


def judged(samples):
    """A list with true for each bound of memory and handles that holds."""
    looks, handles = ([sample[what] for sample in samples] for what in ("memory", "handles"))
    length = len(looks) // PARTS
    assert length > 10, "it was too short to be judged: take a larger share"
    memory = [max(looks[part * length:(part + 1) * length]) for part in range(PARTS)]
    slope, start = statistics.linear_regression(range(len(memory)), memory)
    rise = slope * len(memory) / start
    # Files are also open for a moment, while they are written.
    tenth = len(samples) // 10
    first, last = min(handles[:tenth]), min(handles[-tenth:])
    return [
        row("memory", f"{megabytes(min(memory))} to {megabytes(max(memory))}",
            f"rises by {100 * rise:.2f} % of {100 * FLAT:.0f} %", rise <= FLAT),
        row("handles", f"{first}, and {last} at the end", "no more", last <= first),
    ]


def train(name, hearth, share, folder):
    """A list with true for each bound of a run that holds."""
    config, steps, epoch = RUNS[name]
    steps = math.ceil(steps * share / epoch) * epoch
    run, samples = folder / config, []
    command = [hearth, "train", f"configs/{config}.toml", f"train.epochs={steps // epoch}", "run.threads=1"]
    begun = time.monotonic()
    with open(folder / f"{config}.txt", "w+") as said:
        process = subprocess.Popen([*command, "--run", run], stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None:
            time.sleep(PERIOD)
            try:
                samples.append({**process_now(process.pid), **folder_now(run)})
            # The process has ended, or a file was removed during the reading.
            except (OSError, TypeError):
                pass
        said.seek(0)
        assert process.returncode == 0, said.read()[-2000:]
    print(f"{config}: {steps:,} steps in {time.monotonic() - begun:.0f} s")
    # The work after the last step does not grow with the run.
    held = judged([sample for sample in samples if steps / 10 < sample["step"] < steps])
    checkpoints, pictures, page, events, log = (
        max(sample[what] for sample in samples) for what in ("checkpoints", "pictures", "page", "events", "log"))
    most = LARGEST_EVENTS + NUMBERS * log
    return held + [
        row("checkpoints", f"{checkpoints}", f"of {MAX_CHECKPOINTS}", checkpoints <= MAX_CHECKPOINTS),
        row("images", f"{pictures}", f"of {MAX_IMAGES}", pictures <= MAX_IMAGES),
        row("page", megabytes(page), f"of {megabytes(LARGEST_PAGE)}", page <= LARGEST_PAGE),
        row("event file", megabytes(events), f"of {megabytes(most)}, to a log of {megabytes(log)}", events <= most),
    ]


def answer(connection):
    """The status of a response, which is read to its end."""
    got = b""
    while (end := got.find(b"\r\n\r\n")) < 0:
        got += received(connection)
    length = int(re.search(rb"content-length: (\d+)", got[:end], re.IGNORECASE)[1])
    while len(got) < end + 4 + length:
        got += received(connection)
    return int(got.split(None, 2)[1])


def received(connection):
    bytes = connection.recv(65536)
    assert bytes, "the server hung up"
    return bytes


def post(body):
    """A request with this body."""
    return b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def serve(hearth, share, folder):
    """A list with true for each bound of a server that holds."""
    run = folder / "served"
    subprocess.run([hearth, "train", "configs/mlp-nano.toml", "--run", run], check=True, capture_output=True)
    with gzip.open("datasets/fashion-mnist-mini/t10k-images-idx3-ubyte.gz") as file:
        pixels = file.read()[16:]
    pictures = [post(b"P5 28 28 255\n" + pixels[784 * n:784 * (n + 1)]) for n in range(CONNECTIONS - 1)]
    # The last one is no image.
    requests, wanted = pictures + [post(b"P5 28 28 255\n")], [200] * len(pictures) + [422]
    command = [hearth, "serve", run, "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    samples, rounds, failed = [], 0, 0
    try:
        host, port = server.stdout.readline().strip().removeprefix("http://").split(":")
        connections = [socket.create_connection((host, port)) for _ in requests]
        begun = looked = time.monotonic()
        while (now := time.monotonic()) < begun + SERVED * share:
            for connection, request in zip(connections, requests):
                connection.sendall(request)
            failed += sum(answer(connection) != status for connection, status in zip(connections, wanted))
            # Clients come and go.
            place = rounds % CONNECTIONS
            connections[place].close()
            connections[place] = socket.create_connection((host, port))
            rounds += 1
            if now >= looked + PERIOD:
                samples.append({**process_now(server.pid), "at": now})
                looked = now
        seconds = time.monotonic() - begun
        for connection in connections:
            connection.close()
        server.terminate()
        assert server.wait(timeout=60) == 0, f"the server ended with {server.returncode}"
    finally:
        server.kill()
    count = rounds * CONNECTIONS
    print(f"hearth serve: {count:,} requests in {seconds:.0f} s, {count / seconds:,.0f} in each")
    held = judged([sample for sample in samples if sample["at"] > begun + seconds / 10])
    return held + [row("answers", f"{failed} wrong", "of none", failed == 0)]


def without_huge_pages():
    """Disables huge pages for this process and its children: `PR_SET_THP_DISABLE` of prctl(2)."""
    assert ctypes.CDLL(None).prctl(41, 1, 0, 0, 0) == 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("hearth", type=pathlib.Path)
    arguments.add_argument("--share", type=float, default=1)
    arguments.add_argument("--only", choices=[*RUNS, "serve"])
    given = arguments.parse_args()
    held = []
    without_huge_pages()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in RUNS:
            if given.only in (None, name):
                held += train(name, given.hearth, given.share, folder)
        if given.only in (None, "serve"):
            held += serve(given.hearth, given.share, folder)
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
