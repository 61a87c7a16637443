"""The multilayer perceptron of an export as safetensors in PyTorch, and its prediction for an image: the peer of
`hearth predict` and `hearth serve`. MODEL names the export's folder.

    peer_predict.py IMAGE
"""

import json
import os
import pathlib
import sys

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file

folder = pathlib.Path(os.environ["MODEL"])
settings = json.loads((folder / "config.json").read_text())
weights = load_file(folder / "model.safetensors")
layers = []
for name in sorted({name.rsplit(".", 1)[0] for name in weights}, key=lambda name: int(name.split(".")[-1])):
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
    layer.load_state_dict({"weight": weight, "bias": bias})
    layers += [torch.nn.ReLU()] if layers else []
    layers.append(layer)
network = torch.nn.Sequential(*layers).eval()
# More threads do not help one image.
torch.set_num_threads(1)


def predict(file, top=3):
    """The most probable classes of an image."""
    picture = Image.open(file).convert("L").resize((28, 28))
    pixels = torch.from_numpy(numpy.asarray(picture, dtype=numpy.float32)) / 255
    pixels = (pixels - settings["input"]["mean"][0]) / settings["input"]["std"][0]
    with torch.inference_mode():
        probabilities = network(pixels.reshape(1, -1)).softmax(1)[0]
    best = probabilities.topk(min(top, len(probabilities)))
    names = settings["classes"]
    return [
        {"class": names[index], "index": index, "probability": probability}
        for probability, index in zip(best.values.tolist(), best.indices.tolist())
    ]


if __name__ == "__main__":
    print(json.dumps(predict(sys.argv[1])))
