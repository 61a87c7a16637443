"""Runs exports of a network for tables, as a user would: `export_rows.py ONNX SAFETENSORS ROWS`.

ONNX and SAFETENSORS are folders of `hearth export`, and ROWS is a CSV file. Runs the programs of both model cards and
prints one JSON object: the outputs of both, row by row, and the keys of the file that the module does not have.
"""

import json
import os
import re
import shutil
import sys

import numpy
import torch

onnx_folder, folder, rows = map(os.path.abspath, sys.argv[1:])


def run_card(folder):
    """The variables after the programs of a model card."""
    shutil.copy(rows, os.path.join(folder, "rows.csv"))
    os.chdir(folder)
    space = {}
    for program in re.findall(r"```python\n(.*?)```", open("README.md", encoding="utf-8").read(), re.S):
        exec(program, space)
    return space


onnx = run_card(onnx_folder)
session = onnx["session"]
kinds = {"numbers": numpy.float32, "codes": numpy.int64}
feed = {part.name: numpy.array(onnx[part.name], kinds[part.name]) for part in session.get_inputs()}
found = session.run(None, feed)
for one, other in zip(found, onnx["outputs"]):
    assert (one == other).all(), "the card's own outputs"
# In two batches: the number of rows is free.
for part in (slice(None, 7), slice(7, None)):
    halves = session.run(None, {name: values[part] for name, values in feed.items()})
    assert numpy.abs(halves[-1] - found[-1][part]).max() <= 1e-5 * numpy.abs(found[-1]).max(), "another batch"

outputs = run_card(folder)["outputs"]
if [output.name for output in session.get_outputs()] == ["logits", "probabilities"]:
    outputs = torch.softmax(outputs, 1)
else:
    assert [output.name for output in session.get_outputs()] == ["value"]
print(json.dumps({
    "onnx": found[-1].tolist(),
    "pytorch": outputs.tolist(),
    "inputs": [part.name for part in session.get_inputs()],
}))
