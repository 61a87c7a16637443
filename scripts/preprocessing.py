"""A set of colours, and the program of an export's model card on images of many kinds.

`preprocessing.py make FOLDER` writes FOLDER/set, a folder of images by colour, and FOLDER/images, 400 files of
which no two in a row are of one kind. `preprocessing.py classify EXPORT IMAGE...` runs the program in the card of an
export as ONNX, and the graph in onnxruntime, and prints one JSON object: the probabilities of each image.
"""

import json
import os
import re
import sys

import numpy
from PIL import Image

COLOURS = {
    "black": (20, 20, 20), "blue": (30, 50, 210), "cyan": (40, 200, 210), "green": (30, 150, 40),
    "magenta": (210, 40, 190), "orange": (240, 140, 30), "red": (210, 30, 30), "white": (240, 240, 240),
}
generator = numpy.random.default_rng(0)


def plain(colour, height, width):
    """One colour, darker to one side, with noise."""
    light = numpy.linspace(0.8, 1.1, width)[None, :, None]
    pixels = numpy.array(colour) * light + generator.normal(0, 12, (height, width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype("uint8"))


def saved(index, colour, stem):
    """Writes an image of one of eight kinds."""
    kind = index % 8
    if kind == 0:
        plain(colour, 16, 16).save(stem + ".png")
    elif kind == 1:
        plain(colour, 53 + index % 7, 31).save(stem + ".png")
    elif kind == 2:
        plain(colour, 7, 9).save(stem + ".png")
    elif kind == 3:
        image = plain(colour, 24, 20).convert("RGBA")
        alpha = numpy.linspace(255, 40, 24 * 20).reshape(24, 20).astype("uint8")
        image.putalpha(Image.fromarray(alpha))
        image.save(stem + ".png")
    elif kind == 4:
        image = plain(colour, 16, 24).convert("P", palette=Image.Palette.ADAPTIVE, colors=12)
        image.save(stem + ".png", **({"transparency": 3} if index % 16 == 4 else {}))
    elif kind == 5:
        grey = numpy.asarray(plain(colour, 20, 20).convert("L")).astype("uint16")
        deep = grey * 257 + generator.integers(-90, 90, grey.shape) * (grey > 0) * (grey < 255)
        Image.fromarray(deep.astype("uint16")).save(stem + ".png")
    elif kind == 6:
        plain(colour, 32, 32).save(stem + ".jpg", quality=95, subsampling=0)
    else:
        exif = Image.Exif()
        exif[0x112] = 1 + index // 8 % 8
        plain(colour, 24, 40).save(stem + ".jpg", quality=95, subsampling=0, exif=exif.tobytes())


def make(folder):
    for name, colour in COLOURS.items():
        os.makedirs(f"{folder}/set/{name}")
        for index in range(40):
            plain(colour, 16, 16).save(f"{folder}/set/{name}/{index}.png")
    os.makedirs(f"{folder}/images")
    colours = list(COLOURS.values())
    for index in range(400):
        saved(index, colours[index // 3 % len(colours)], f"{folder}/images/{index:03}")


def classify(export, paths):
    import onnxruntime

    programs = re.findall(r"```python\n(.*?)```", open(f"{export}/README.md").read(), re.S)
    [program] = [program for program in programs if "def prepare" in program]
    space = {}
    exec(program, space)
    session = onnxruntime.InferenceSession(f"{export}/model.onnx")
    name = session.get_inputs()[0].name
    pixels = numpy.concatenate([space["prepare"](path) for path in paths])
    return session.run(["probabilities"], {name: pixels})[0].tolist()


if sys.argv[1] == "make":
    make(sys.argv[2])
    print(json.dumps({}))
else:
    print(json.dumps({"probabilities": classify(sys.argv[2], sys.argv[3:])}))
