"""Training on a large table, beside PyTorch with pandas.

    bench_tables.py HEARTH [--rows 1000000] [--columns 30] [--rounds 3] [--pairs 25]

The table is generated: normal numbers, and a target that depends on them. Whole jobs run in turn, each in a process of
its own: reading, an epoch of a perceptron, the test. Figures are medians. The speed of the step alone is measured on a
few batches, repeated so that they stay in the cache, over many pairs of runs since a shared machine is noisy.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = """format = 2
[run]
name = "table"
report = false
[data]
kind = "csv"
path = "{table}"
target = "target"
batch_size = 1024
[model]
kind = "mlp"
hidden = [128, 128]
[optimizer]
kind = "adam"
learning_rate = 0.001
[train]
epochs = 1
log_every = 50
"""


def write_table(path, rows, columns):
    import numpy

    random = numpy.random.default_rng(1)
    weights = random.normal(size=columns - 1)
    names = [f"x{column}" for column in range(columns - 1)] + ["target"]
    with open(path, "w", encoding="ascii") as file:
        file.write(",".join(names) + "\n")
        for start in range(0, rows, 100_000):
            numbers = random.normal(size=(min(100_000, rows - start), columns - 1))
            target = numpy.tanh(numbers @ weights) + 0.1 * random.normal(size=len(numbers))
            numpy.savetxt(file, numpy.column_stack([numbers, target]), fmt="%.6f", delimiter=",")


def peer(path):
    """The same job by pandas and PyTorch."""
    import pandas
    import torch

    torch.manual_seed(1)
    table = torch.from_numpy(pandas.read_csv(path).to_numpy(dtype="float32"))
    order = torch.randperm(len(table))
    test, train = table[order[: len(table) // 5]], table[order[len(table) // 5 :]]
    mean, std = train.mean(0), train.std(0)
    train, test = (train - mean) / std, (test - mean) / std
    layers = torch.nn.Sequential(
        torch.nn.Linear(train.shape[1] - 1, 128),
        torch.nn.ReLU(),
        torch.nn.Linear(128, 128),
        torch.nn.ReLU(),
        torch.nn.Linear(128, 1),
    )
    adam = torch.optim.Adam(layers.parameters(), 0.001)
    for rows in torch.randperm(len(train)).split(1024):
        batch = train[rows]
        loss = (layers(batch[:, :-1]) - batch[:, -1:]).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    with torch.no_grad():
        print(float((layers(test[:, :-1]) - test[:, -1:]).square().mean()))


def run(command):
    """Time in seconds and peak memory in megabytes of a command."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(errors.decode())
    return time.monotonic() - begun, usage.ru_maxrss / 1024


def speed(folder, hearth, config, *overrides):
    """The median of the logged samples per second."""
    path = Path(tempfile.mkdtemp(dir=folder)) / "run"
    run([hearth, "train", config, "--run", path, *overrides])
    lines = map(json.loads, (path / "metrics.jsonl").read_text().splitlines())
    found = [line["samples_per_second"] for line in lines if line["kind"] == "train"]
    return statistics.median(found[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hearth")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=25)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table, config = Path(folder) / "table.csv", Path(folder) / "table.toml"
        write_table(table, args.rows, args.columns)
        config.write_text(CONFIG.format(table=table), encoding="utf-8")
        size = table.stat().st_size / 1e6
        numbers = 4 * args.rows * args.columns / 1e6
        rounds = {"read": [], "hearth": [], "peer": []}
        for number in range(args.rounds):
            rounds["read"].append(run([args.hearth, "train", config, "--dry-run"]))
            path = Path(folder) / f"run-{number}"
            rounds["hearth"].append(run([args.hearth, "train", config, "--run", path]))
            rounds["peer"].append(run([sys.executable, __file__, "--peer", table]))
        few = ["data.overfit_batches=20", "train.epochs=40", "train.evaluate_every=40 epochs"]
        few.append("train.checkpoint_every=40 epochs")
        ratios = [
            speed(folder, args.hearth, config) / speed(folder, args.hearth, config, *few)
            for _ in range(args.pairs)
        ]

    def median(name, place):
        return statistics.median(found[place] for found in rounds[name])

    print(f"{args.rows:,} rows of {args.columns} columns: {size:.0f} MB, {numbers:.0f} MB as f32")
    print(f"read: {size / median('read', 0):.0f} MB/s")
    for name, words in [("hearth", "hearth"), ("peer", "pandas and PyTorch")]:
        print(f"whole job, {words}: {median(name, 0):.1f} s, {median(name, 1):.0f} MB at most")
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(f"speed of training, of that of the step alone: {middle:.3f} (quartiles {low:.3f} and {high:.3f})")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2])
    else:
        main()
