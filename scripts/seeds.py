"""The seed inputs of `make fuzz`, from files written by programs: python seeds.py HEARTH FUZZ."""

import gzip
import io
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

import torch
from PIL import Image
from safetensors.torch import save

hearth, fuzz = sys.argv[1], pathlib.Path(sys.argv[2])
root = pathlib.Path(__file__).parent.parent


def put(target, name, content):
    folder = fuzz / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def encode(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


# Configs, without their lab notes, and settings for the command line.
for path in sorted((root / "configs").glob("*.toml")):
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    put("config", path.stem, "\n".join(lines).encode())
for name, lines in {
    "numbers": ["train.epochs=3", "optimizer.learning_rate=1e-3", "data.valid_samples=0x10"],
    "kinds": ["optimizer.kind=adamw", "model.kind=cnn", "model.widths=[8, 16]", "schedule.kind=one-cycle"],
    "words": ["model.init=runs/mlp-001", "data.kind=image-folder", "data.path=shirts"],
    "tables": ["train.early_stop={patience = 3, min_delta = 0.1}", "train.class_weights=balanced"],
    "pair": ["model.kind=mlp-gan", "model.latent=8", "optimizer.kind=adam", "optimizer.discriminator.kind=sgd"],
    "wrong": ["train.epochs", "=1", "a.b.c=[[1]]", "train.epochs=999999999999999999999"],
}.items():
    put("overrides", name, "\n".join(lines).encode())

# The headers of Fashion-MNIST's files.
for name, dims in {"images": (4, 28, 28), "labels": (4,), "colours": (2, 3, 4, 4)}.items():
    values = bytes(range(256)) * 13
    count = 1
    for dim in dims:
        count *= dim
    file = bytes([0, 0, 8, len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + values[:count]
    put("idx", name, file)
    put("idx", f"{name}.gz", gzip.compress(file, mtime=0))

# Testaments of SWORD modules: compressed, stored as they are, and with faults.
def testament(blocks, level=9):
    entries = records = text = b""
    for number, block in enumerate(blocks):
        start = 0
        for entry in block:
            entries += struct.pack("<IIH", number, start, len(entry))
            start += len(entry)
        packed = zlib.compress(b"".join(block), level)
        records += struct.pack("<III", len(text), len(packed), start)
        text += packed
    return entries, records, text


def joined(entries, records, text):
    return struct.pack("<H", len(entries)) + entries + struct.pack("<H", len(records)) + records + text


def opened(name):
    return b'<chapter osisID="%s" sID="%s"/>' % (name, name)


verses = [b'<w lemma="strong:H7225">EN el principio</w> <w>cri\xc3\xb3</w> Dios.', b"<l/>uno<note>dos<note/></note>, tres<l/>",
          b"", b'<title canonical="true">Salmo</title><title>otro</title>&amp; &#xe9; <chapter eID="Gen.1"/>dos']
book = b'<div sID="gen2" type="book"/><title>G\xc3\xa9nesis</title>'
blocks = [[b"", b"a module"], [book, opened(b"Gen.1"), *verses, opened(b"Gen.2"), b"cuatro"]]
entries, records, text = testament(blocks)
for name, files in {"packed": (entries, records, text), "stored": testament(blocks, 0), "none": (b"", b"", b""),
                    "cut": (entries, records, text[:-9]), "half-record": (entries[:-1], records, text),
                    "far": (entries[:-6] + b"\xff" * 6, records, text), "no-zlib": (entries, records, text[::-1]),
                    "bomb": (entries[:10], struct.pack("<III", 0, 4096, 1 << 22), zlib.compress(bytes(1 << 22))),
                    "overlap": (entries[10:20] * 99, records, text), "no-chapter": testament([[b"text"]])}.items():
    put("ztext", name, joined(*files))

# A small image in each format and kind of pixels.
tiny = Image.radial_gradient("L").resize((9, 7))
colored = Image.merge("RGB", [tiny, tiny.rotate(90), tiny.rotate(180)])
clear = colored.copy()
clear.putalpha(tiny)
pictures = {}
for name, picture in {"grey": tiny, "rgb": colored, "rgba": clear, "bits": tiny.convert("1")}.items():
    pictures[f"{name}.png"] = encode(picture, "PNG")
    pictures[f"{name}.tiff"] = encode(picture, "TIFF")
    pictures[f"{name}.tga"] = encode(picture.convert("L") if name == "bits" else picture, "TGA")
    if name != "rgba":
        pictures[f"{name}.bmp"] = encode(picture, "BMP")
        pictures[f"{name}.pnm"] = encode(picture, "PPM")
    if name in ["rgb", "rgba"]:
        pictures[f"{name}-lossless.webp"] = encode(picture, "WEBP", lossless=True, exif=b"Exif\0\0")
        pictures[f"{name}.webp"] = encode(picture, "WEBP")
pictures["long.tiff"] = encode(colored, "TIFF", compression="tiff_lzw")
pictures["flat.tiff"] = encode(colored, "TIFF", compression="tiff_adobe_deflate")
pictures["fax.tiff"] = encode(tiny.convert("1"), "TIFF", compression="group4")
pictures["grey.jpg"] = encode(tiny, "JPEG")
pictures["rgb.jpg"] = encode(colored, "JPEG", quality=50)
pictures["print.jpg"] = encode(colored.convert("CMYK"), "JPEG")
pictures["slow.jpg"] = encode(colored, "JPEG", progressive=True, quality=50)
exif = Image.Exif()
exif[0x112] = 6
pictures["turned.jpg"] = encode(colored, "JPEG", exif=exif, quality=50)
pictures["turned.png"] = encode(colored, "PNG", exif=exif)
pictures["palette.png"] = encode(colored.quantize(8), "PNG")
pictures["palette.gif"] = encode(colored.quantize(8), "GIF")
pictures["moving.gif"] = encode(tiny, "GIF", save_all=True, append_images=[tiny.rotate(90)])
pictures["moving.webp"] = encode(clear, "WEBP", save_all=True, append_images=[clear.rotate(90)])
pictures["deep.png"] = encode(tiny.convert("I;16"), "PNG")
pictures["png.ico"] = encode(clear.resize((16, 16)), "ICO", sizes=[(16, 16)])
pictures["bmp.ico"] = encode(clear.resize((16, 16)), "ICO", sizes=[(16, 16)], bitmap_format="bmp")
pictures["text.pnm"] = b"P3\n2 1\n255\n1 2 3 4 5 6\n"
pictures["any.pnm"] = b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n\1\2\3\4"
# Three pixels: an absolute one, a run, and a difference.
pictures["rgb.qoi"] = b"qoif\0\0\0\3\0\0\0\1\3\0\xfe\1\2\3\xc0\x6a\0\0\0\0\0\0\0\1"
for name, content in pictures.items():
    put("picture", name, content)

# The same as bodies of requests, alone and in forms.
for name in ["rgb.png", "rgb.jpg", "rgb.webp", "palette.gif"]:
    put("http", name, b"image/png\n" + pictures[name])


def form(parts):
    head = b'--x\r\nContent-Disposition: form-data; name="picture"; filename="%s"\r\n\r\n'
    body = b"".join(head % name.encode() + pictures[name] + b"\r\n" for name in parts)
    return b"multipart/form-data; boundary=x\n" + body + b"--x--\r\n"


put("http", "form", form(["grey.png", "rgb.qoi"]))
put("http", "form-of-none", form([]))
put("http", "form-of-many", form(["rgb.qoi"] * 65))

# Weights as PyTorch and safetensors write them, bare and within checkpoints.
torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Linear(2, 3))
state = network.state_dict()
shared = {"a": state["0.weight"], "b": state["0.weight"].transpose(2, 3), "c": torch.arange(4)}
for name, content in {"state": state, "nested": {"epoch": 3, "model": state}, "shared": shared}.items():
    for kind, options in {"zip": {}, "old": {"_use_new_zipfile_serialization": False}}.items():
        file = io.BytesIO()
        torch.save(content, file, **options)
        put("import", f"{name}.{kind}.pt", file.getvalue())
put("import", "state.safetensors", save(state))
put("import", "halves.safetensors", save({"a": torch.ones(2).half(), "b": torch.ones(2).bfloat16()}))

# Checkpoints and metrics of a minimal run.
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    for part, count in {"train": 12, "test": 4}.items():
        for label in range(2):
            (folder / "pictures" / part / str(label)).mkdir(parents=True)
            for index in range(count):
                square = Image.new("L", (2, 2), 200 * label + index)
                square.save(folder / "pictures" / part / str(label) / f"{index}.png")
    config = root / "configs" / "mlp-nano.toml"
    settings = ["data.kind=image-folder", f"data.path={folder}/pictures", "data.size=2", "data.batch_size=8",
                "data.valid_samples=4", "model.hidden=[]", "train.epochs=2", "run.report=false"]
    for name, rule in {"sgd": ["optimizer.kind=sgd", "optimizer.momentum=0.9"], "adam": ["optimizer.kind=adam"]}.items():
        run = folder / name
        subprocess.run([hearth, "train", config, *settings, *rule, "--run", run], check=True)
        last = sorted((run / "checkpoints").iterdir())[-1]
        files = [last / file for file in ["model.safetensors", "optimizer.safetensors", "state.json", "MANIFEST"]]
        files = b"".join(struct.pack("<H", len(file.read_bytes())) + file.read_bytes() for file in files)
        put("checkpoint", f"{name}-as-it-is", b"\0" + files)
        put("checkpoint", f"{name}-made-anew", b"\1" + files)
        task = (last / "optimizer.safetensors").read_bytes()
        put("checkpoint", f"{name}-with-a-task", b"\3" + files + struct.pack("<H", len(task)) + task)
        put("metrics", name, (run / "metrics.jsonl").read_bytes())
