"""The work of configs/mlp.toml in PyTorch, for `make bench-peers`.

usage: peer.py step      prints the training step's samples per second
       peer.py tensors   the whole job, with the data held in tensors
       peer.py loader    the whole job as it is usually written: torchvision transforms and a
                         DataLoader with 2 workers

The network, the batches, the optimiser, its schedule and the number of evaluations are those of
the config: 784-256-10, ReLU, batches of 256, SGD at 0.1 with momentum 0.9 and a
cosine, 10 epochs of 55,000 pictures,
a validation of 5,000 after each and a test of 10,000 at the end.
"""

import sys
import time

import numpy
import torch
from torch import nn
from torch.nn.functional import cross_entropy

BATCH, EPOCHS, TRAIN = 256, 10, 55_000


def read(part, what, offset):
    name = f"datasets/fashion-mnist/{part}-{what}-ubyte"
    return numpy.fromfile(name, numpy.uint8)[offset:]


def pictures(part):
    pixels = read(part, "images-idx3", 16).reshape(-1, 28, 28)
    return pixels, read(part, "labels-idx1", 8).astype(numpy.int64)


def network():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))


def update(model, optimizer, x, y):
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def tensors(part):
    pixels, labels = pictures(part)
    x = torch.from_numpy(pixels).float().div(255).sub(0.286).div(0.353)
    return x, torch.from_numpy(labels)


def step():
    x, y = tensors("train")
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    batches = list(zip(x.split(BATCH), y.split(BATCH)))
    for batch in batches[:20]:
        update(model, optimizer, *batch)
    begun, samples = time.perf_counter(), 0
    for _ in range(4):
        for batch in batches:
            update(model, optimizer, *batch)
            samples += len(batch[1])
    print(samples / (time.perf_counter() - begun))


def job(train, valid, test):
    """Trains on iterables of batches and prints the test accuracy."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    steps = EPOCHS * -(-TRAIN // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

    @torch.no_grad()
    def accuracy(batches):
        hits = [(model(x).argmax(1) == y).float() for x, y in batches()]
        return torch.cat(hits).mean().item()

    for epoch in range(EPOCHS):
        for x, y in train():
            update(model, optimizer, x, y)
            schedule.step()
        print(epoch + 1, accuracy(valid))
    print("test", accuracy(test))


def tensors_job():
    x, y = tensors("train")
    test_set = tensors("t10k")
    order = torch.randperm(len(x))
    held, kept = order[TRAIN:], order[:TRAIN]

    def train():
        for chosen in kept[torch.randperm(TRAIN)].split(BATCH):
            yield x[chosen], y[chosen]

    job(
        train,
        lambda: zip(x[held].split(1000), y[held].split(1000)),
        lambda: zip(test_set[0].split(1000), test_set[1].split(1000)),
    )


class Pictures(torch.utils.data.Dataset):
    """What torchvision.datasets.FashionMNIST is, on the files that are here already."""

    def __init__(self, part, transform):
        self.pixels, self.labels = pictures(part)
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        from PIL import Image

        return self.transform(Image.fromarray(self.pixels[index])), int(self.labels[index])


def loader_job():
    from torchvision import transforms

    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.286,), (0.353,))]
    )
    whole, test_set = Pictures("train", transform), Pictures("t10k", transform)
    train_set, valid_set = torch.utils.data.random_split(whole, [TRAIN, len(whole) - TRAIN])

    def batches(data, shuffle):
        loader = torch.utils.data.DataLoader(
            data, batch_size=BATCH, shuffle=shuffle, num_workers=2
        )
        return lambda: loader

    job(batches(train_set, True), batches(valid_set, False), batches(test_set, False))


{"step": step, "tensors": tensors_job, "loader": loader_job}[sys.argv[1]]()
