"""Runs exports in onnxruntime and PyTorch, as a user would: `exports.py KIND ONNX SAFETENSORS PIXELS`.

KIND is classifier, generator or discriminator; ONNX and SAFETENSORS are folders of `hearth export`, and
PIXELS is a file of the bytes of images. Prints one JSON object: the outputs of both, sample by sample.
"""

import json
import os
import re
import sys

import numpy
import onnxruntime
import torch

kind, onnx_folder, folder, pixel_file = sys.argv[1:]
pixel_file = os.path.abspath(pixel_file)
session = onnxruntime.InferenceSession(os.path.join(onnx_folder, "model.onnx"))
os.chdir(folder)
settings = json.load(open("config.json"))
shape = [settings["picture"][side] for side in ("channels", "height", "width")]

if kind == "generator":
    generator = numpy.random.default_rng(0)
    raw = generator.standard_normal((1000, settings["input"]["latent"]), dtype=numpy.float32)
    prepared = torch.from_numpy(raw)
else:
    raw = numpy.fromfile(pixel_file, numpy.uint8).reshape(-1, *shape).astype(numpy.float32)
    mean, std = (torch.tensor(settings["input"][name]).reshape(1, -1, 1, 1) for name in ("mean", "std"))
    prepared = ((torch.from_numpy(raw) / 255 - mean) / std).float()

# The module and its loading, as the model card shows them.
space = {}
exec(re.search(r"```python\n(.*?)```", open("README.md").read(), re.S).group(1), space)
with torch.no_grad():
    outputs = space["network"](prepared)
    if kind == "classifier":
        outputs = torch.softmax(outputs, 1)

# The file for `hearth import`.
torch.save(space["network"].state_dict(), "network.pt")
halves = {name: value.half() for name, value in space["network"].state_dict().items()}
torch.save({"epoch": 3, "state_dict": halves}, "checkpoint.pth")

names = [output.name for output in session.get_outputs()]
found = session.run([names[-1]], {session.get_inputs()[0].name: raw})[0]
# In two batches: the number of samples is free.
halves = [session.run([names[-1]], {session.get_inputs()[0].name: part})[0] for part in (raw[:7], raw[7:])]
assert numpy.abs(numpy.concatenate(halves) - found).max() < 1e-4, "a batch of another size"
print(json.dumps({
    "onnx": found.reshape(len(found), -1).tolist(),
    "pytorch": outputs.reshape(len(outputs), -1).tolist(),
}))
