"""Writes the derived files of tests/cases/import, and prints the accuracy of each network
on the test set of the small Fashion-MNIST in PyTorch: `import_cases.py`, in the repository's root.
"""

import gzip
import os

import numpy
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

FOLDER = "tests/cases/import"
DATA = "datasets/fashion-mnist-mini"


def pixels_of(name, offset):
    with gzip.open(os.path.join(DATA, name)) as file:
        return numpy.frombuffer(file.read()[offset:], numpy.uint8)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Identity()
        if stride > 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.norm2(self.conv2(y)) + self.downsample(x))


class Resnet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layer1 = nn.Sequential(Block(8, 8, 1))
        self.layer2 = nn.Sequential(Block(8, 16, 2))
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer2(self.layer1(x)).mean((2, 3)))


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 8, 3, 1, 1), nn.BatchNorm2d(8)
        self.conv2, self.bn2 = nn.Conv2d(8, 16, 3, 1, 1), nn.BatchNorm2d(16)
        self.fc = nn.Linear(784, 10)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 2)
        x = functional.max_pool2d(functional.relu(self.bn2(self.conv2(x))), 2)
        return self.fc(x.flatten(1))


class Perceptron(nn.Module):
    """Linear layers by these names, and ReLU between them."""

    def __init__(self, prefix, names, hidden):
        super().__init__()
        widths = [784] + [hidden] * (len(names) - 1) + [10]
        layers = {name: nn.Linear(*pair) for name, pair in zip(names, zip(widths, widths[1:]))}
        self.layers = list(layers.values())
        if prefix:
            self.add_module(prefix, nn.ModuleDict(layers))
        else:
            for name, layer in layers.items():
                self.add_module(name, layer)

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = functional.relu(layer(x))
        return self.layers[-1](x)


images = torch.tensor(pixels_of("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28).copy()) / 255
labels = torch.tensor(pixels_of("t10k-labels-idx1-ubyte.gz", 8).copy())
training = pixels_of("train-images-idx3-ubyte.gz", 16) / 255
own = (training.mean(), training.std())
networks = {
    "words.pt": (Perceptron("mlp2", ["stem", "one", "two", "three", "head"], 64), own),
    "resnet.pt": (Resnet(), own),
    "conv-bias.pt": (Cnn(), own),
    "to-tensor.pt": (Perceptron("", ["fc1", "fc2"], 64), (0, 1)),
}
for name, (network, (mean, std)) in networks.items():
    network.load_state_dict(torch.load(os.path.join(FOLDER, name)))
    network.eval()
    with torch.no_grad():
        guesses = network(((images - mean) / std).float()).argmax(1)
    print(f"{name}: accuracy {(guesses == labels).double().mean():.3f}")

resnet = networks["resnet.pt"][0]
state = {name: value.clone() for name, value in resnet.state_dict().items()}
optimizer = torch.optim.SGD(resnet.parameters(), lr=0.1, momentum=0.9)
resnet.train()
functional.cross_entropy(resnet(images[:8]), labels[:8].long()).backward()
optimizer.step()


def write(name, value, **options):
    torch.save(value, os.path.join(FOLDER, name), **options)


def under(prefix, values):
    return {f"{prefix}.{name}": value for name, value in values.items()}


# A checkpoint as of PyTorch Lightning, with the weights of a loss.
write("lightning.ckpt", {
    "epoch": 3,
    "state_dict": {**under("model", state), "criterion.weight": torch.ones(10)},
    "optimizer_states": [optimizer.state_dict()],
})
# A checkpoint as of PyTorch's examples, in the format before 1.6 and without an extension.
write("checkpoint", {
    "net": under("module", state), "best_accuracy": torch.tensor(0.6), "optimizer": optimizer.state_dict(),
}, _use_new_zipfile_serialization=False)
# Entries of torch.optim.swa_utils and thop.
write("averaged.pth.tar", {
    "n_averaged": torch.tensor(5), **under("module", state), "total_ops": torch.zeros(1).double(),
    "module.conv1.total_params": torch.zeros(1).double(),
})
worse = {name: value * 0 if name.startswith("fc") else value for name, value in state.items()}
write("two.bin", {"model": state, "ema": worse})
# Names without an order: letters, sorted and unsorted.
letters = {name.replace("layer1.0.conv1", "layer1.0.conv_b").replace("layer1.0.conv2", "layer1.0.conv_a"): value
           for name, value in state.items()}
write("letters.pt", letters)
write("sorted.pt", dict(sorted(letters.items())))
save_file(letters, os.path.join(FOLDER, "letters.safetensors"))
save_file(state, os.path.join(FOLDER, "resnet.safetensors"))
