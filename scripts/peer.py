"""The networks of configs/ in PyTorch, for `make bench-peers` and `make gan-peer`.

usage: peer.py step NETWORK           the training step's samples per second
       peer.py infer NETWORK BATCH    the forward pass's samples per second
       peer.py job NETWORK tensors    the whole job, with the data held in tensors
       peer.py job NETWORK loader     the whole job as it is usually written: torchvision
                                      transforms and a DataLoader with 2 workers
       peer.py pictures EPOCHS FILE   trains gan.toml's pair, and writes 10,000 images of its
                                      averaged generator as an IDX file, for Hearth's evaluation

NETWORK is mlp, lenet, cnn, resnet or (steps only) gan. The networks are those of the configs. So are
the optimisers of mlp (SGD with momentum), cnn (AdamW) and gan (Adam); lenet and resnet are trained by
cnn's, where their configs have AdamW at another rate and SGD with momentum. Steps are measured at
the batch sizes of BATCH; jobs have the configs' batch sizes and number of evaluations. cnn's job takes
5 epochs, and no job augments. PyTorch runs with its defaults: eager, channels first, not compiled.
"""

import copy
import struct
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

TRAIN = 55_000
SECONDS = 2.0


class Residual(nn.Module):
    def __init__(self, before, width, stride):
        super().__init__()
        self.first = normed(before, width, 3, stride)
        self.second = normed(width, width, 3, 1)
        projects = stride > 1 or before != width
        self.shortcut = normed(before, width, 1, stride) if projects else nn.Identity()

    def forward(self, x):
        return torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))


def normed(before, width, kernel, stride):
    convolution = nn.Conv2d(before, width, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(width))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )


def cnn():
    widths = [1, 32, 64, 128]
    blocks = [
        layer
        for before, width in zip(widths, widths[1:])
        for layer in (normed(before, width, 3, 1), nn.ReLU(), nn.MaxPool2d(2))
    ]
    return nn.Sequential(*blocks, nn.Flatten(), nn.Dropout(0.2), nn.Linear(1152, 10))


def resnet():
    layers, before = [normed(1, 32, 3, 1), nn.ReLU()], 32
    for stage, width in enumerate([32, 64, 128]):
        for block in range(2):
            layers.append(Residual(before, width, 2 if stage > 0 and block == 0 else 1))
            before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


LATENT, GAN_BATCH = 100, 128
NETWORKS = {"mlp": mlp, "lenet": lenet, "cnn": cnn, "resnet": resnet}
BATCH = {"mlp": 256, "lenet": 256, "cnn": 128, "resnet": 128}
# Of the configs' jobs.
EPOCHS = {"mlp": 10, "cnn": 5}
JOB_BATCH = {"mlp": 256, "cnn": 64}


def read(part, what, offset):
    name = f"datasets/fashion-mnist/{part}-{what}-ubyte"
    return numpy.fromfile(name, numpy.uint8)[offset:]


def pictures(part):
    pixels = read(part, "images-idx3", 16).reshape(-1, 28, 28)
    return pixels, read(part, "labels-idx1", 8).astype(numpy.int64)


def tensors(part):
    pixels, labels = pictures(part)
    x = torch.from_numpy(pixels).float().div(255).sub(0.286).div(0.353)
    return x.unsqueeze(1), torch.from_numpy(labels)


def rule(name, model):
    if name == "mlp":
        return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return torch.optim.AdamW(model.parameters(), lr=0.005, weight_decay=0.05)


def update(model, optimizer, x, y):
    optimizer.zero_grad()
    loss = cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def per_second(work):
    """Samples per second of work, which returns the number of samples of one call."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < SECONDS / 10:
        work()
    begun, samples = time.perf_counter(), 0
    while time.perf_counter() - begun < SECONDS:
        samples += work()
    return samples / (time.perf_counter() - begun)


def step(name):
    if name == "gan":
        train = adversarial()
        real = torch.rand(GAN_BATCH, 1, 28, 28) * 2 - 1
        return print(per_second(lambda: train.step(real)))
    x, y = tensors("train")
    model = NETWORKS[name]()
    optimizer = rule(name, model)
    batches = list(zip(x.split(BATCH[name]), y.split(BATCH[name])))
    place = 0

    def work():
        nonlocal place
        x, y = batches[place % len(batches)]
        place += 1
        update(model, optimizer, x, y)
        return len(y)

    print(per_second(work))


class adversarial:
    """The pair of gan.toml, and a step of its discriminator and of its generator."""

    def __init__(self):
        self.generator = nn.Sequential(
            nn.Linear(LATENT, 128 * 49), nn.Unflatten(1, (128, 7, 7)),
            nn.BatchNorm2d(128), nn.ReLU(),
            nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
            nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Tanh(),
        )
        self.discriminator = nn.Sequential(
            nn.Conv2d(1, 64, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(64, 128, 4, 2, 1, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.2),
            nn.Flatten(), nn.Linear(128 * 49, 1),
        )
        for network in (self.generator, self.discriminator):
            for name, parameter in network.named_parameters():
                if parameter.dim() > 1:
                    nn.init.normal_(parameter, 0, 0.02)
                elif name.endswith("bias"):
                    nn.init.zeros_(parameter)
        self.rules = [
            torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
            for network in (self.generator, self.discriminator)
        ]
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.steps = 0

    def step(self, real):
        loss = binary_cross_entropy_with_logits
        ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
        fake = self.generator(torch.randn(len(real), LATENT))
        self.rules[1].zero_grad()
        of_real, of_fake = self.discriminator(real), self.discriminator(fake.detach())
        found = loss(of_real, ones) + loss(of_fake, zeros)
        found.backward()
        self.rules[1].step()
        self.rules[0].zero_grad()
        # Without gradients for the discriminator's weights, which this step does not change.
        self.discriminator.requires_grad_(False)
        loss(self.discriminator(fake), ones).backward()
        self.discriminator.requires_grad_(True)
        self.rules[0].step()
        self.steps += 1
        decay = min(0.999, (1 + self.steps) / (10 + self.steps))
        state, newer = self.average.state_dict(), self.generator.state_dict()
        with torch.no_grad():
            averaged = [name for name in state if state[name].is_floating_point()]
            torch._foreach_lerp_(
                [state[name] for name in averaged], [newer[name] for name in averaged], 1 - decay
            )
        found.item()
        return len(real)


def pictures_of_a_gan(epochs, path):
    torch.manual_seed(42)
    train = adversarial()
    pixels, _ = pictures("train")
    x = torch.from_numpy(pixels).unsqueeze(1)
    begun = time.perf_counter()
    for epoch in range(int(epochs)):
        for chosen in torch.randperm(len(x)).split(GAN_BATCH):
            train.step(x[chosen].float().div(127.5).sub(1))
        print(f"epoch {epoch + 1}, {time.perf_counter() - begun:.0f} s", flush=True)
    train.average.eval()
    with torch.no_grad():
        made = torch.cat([train.average(torch.randn(500, LATENT)) for _ in range(20)])
    made = made.add(1).mul(127.5).round().to(torch.uint8).squeeze(1).numpy()
    with open(path, "wb") as file:
        file.write(struct.pack(">BBBB3I", 0, 0, 8, 3, *made.shape) + made.tobytes())


@torch.no_grad()
def infer(name, batch):
    model = NETWORKS[name]().eval()
    x = torch.randn(int(batch), 1, 28, 28)

    def work():
        model(x)
        return len(x)

    print(per_second(work))


def job(name, train, valid, test):
    """Trains on iterables of batches and prints the test accuracy."""
    model = NETWORKS[name]()
    optimizer = rule(name, model)
    steps = EPOCHS[name] * -(-TRAIN // JOB_BATCH[name])
    # A schedule as costly as the configs'.
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

    @torch.no_grad()
    def accuracy(batches):
        model.eval()
        hits = [(model(x).argmax(1) == y).float() for x, y in batches()]
        model.train()
        return torch.cat(hits).mean().item()

    for epoch in range(EPOCHS[name]):
        for x, y in train():
            update(model, optimizer, x, y)
            schedule.step()
        print(epoch + 1, accuracy(valid))
    print("test", accuracy(test))


def tensors_job(name):
    x, y = tensors("train")
    test_set = tensors("t10k")
    order = torch.randperm(len(x))
    held, kept = order[TRAIN:], order[:TRAIN]

    def train():
        for chosen in kept[torch.randperm(TRAIN)].split(JOB_BATCH[name]):
            yield x[chosen], y[chosen]

    job(
        name,
        train,
        lambda: zip(x[held].split(500), y[held].split(500)),
        lambda: zip(test_set[0].split(500), test_set[1].split(500)),
    )


class Pictures(torch.utils.data.Dataset):
    """torchvision.datasets.FashionMNIST on local files."""

    def __init__(self, part, transform):
        self.pixels, self.labels = pictures(part)
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        from PIL import Image

        return self.transform(Image.fromarray(self.pixels[index])), int(self.labels[index])


def loader_job(name):
    from torchvision import transforms

    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.286,), (0.353,))]
    )
    whole, test_set = Pictures("train", transform), Pictures("t10k", transform)
    train_set, valid_set = torch.utils.data.random_split(whole, [TRAIN, len(whole) - TRAIN])

    def batches(data, shuffle):
        loader = torch.utils.data.DataLoader(
            data, batch_size=JOB_BATCH[name], shuffle=shuffle, num_workers=2
        )
        return lambda: loader

    job(name, batches(train_set, True), batches(valid_set, False), batches(test_set, False))


JOBS = {"tensors": tensors_job, "loader": loader_job}
if __name__ == "__main__":
    what, *words = sys.argv[1:]
    if what == "job":
        JOBS[words[1]](words[0])
    else:
        {"step": step, "infer": infer, "pictures": pictures_of_a_gan}[what](*words)
