"""Writes tests/cases/images: small files in formats that the tests cannot write themselves: `images.py FOLDER`.

Made once, with Pillow 13.
"""

import io
import sys
from pathlib import Path

import numpy
from PIL import Image

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)


def photograph(seed, width=30, height=22):
    rows, columns = numpy.mgrid[0:height, 0:width]
    waves = 128 + 60 * numpy.sin(columns / 5) + 40 * numpy.cos(rows / 3)
    pixels = numpy.stack([columns * 255 / width, rows * 255 / height, waves], -1)
    pixels += numpy.random.default_rng(seed).normal(0, 8, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype("uint8"))


photo, others = photograph(0), [photograph(1), photograph(2)]


def save(name, image=photo, **options):
    image.save(folder / name, **options)


save("progressive.jpg", progressive=True)
save("restarts.jpg", subsampling="4:2:0", restart_marker_blocks=2)
save("grey.jpg", photo.convert("L"), progressive=True, restart_marker_blocks=3)
save("print.jpg", photo.convert("CMYK"), quality=40)

# A rotated photograph, with a preview in its header and a video after it.
thumbnail = io.BytesIO()
photo.resize((8, 6)).save(thumbnail, "JPEG", quality=30)
exif = Image.Exif()
exif[0x112] = 6
save("turned.jpg", exif=exif.tobytes() + thumbnail.getvalue(), optimize=True)
with open(folder / "turned.jpg", "ab") as file:
    file.write(b"\0\0\0\x18ftypmp42\0\0\0\0isommp42")

save("lossy.webp")
save("frames.webp", save_all=True, append_images=others)
save("frames.gif", save_all=True, append_images=others)
square = photo.resize((32, 32)).convert("RGBA")
save("frames.ico", square, sizes=[(16, 16), (24, 24)], bitmap_format="bmp")
save("runs.tga", Image.new("RGB", (30, 22), "red"), compression="tga_rle")
# The footer is optional.
runs = (folder / "runs.tga").read_bytes()
(folder / "runs.tga").write_bytes(runs[:-26])

small = [photograph(seed, 14, 10) for seed in range(3)]
save("pages.tif", small[0], save_all=True, append_images=small[1:], compression="tiff_lzw")
save("deflate.tif", compression="tiff_adobe_deflate")
save("packbits.tif", compression="packbits")
save("fax.tif", photo.convert("1"), compression="group4")
save("big.tif", big_tiff=True)
save("clear.tif", Image.new("RGBA", (2, 2), (100, 0, 0, 128)))

# Not read.
save("jpeg.tif", compression="jpeg", quality=30)
save("group3.tif", photo.convert("1"), compression="group3")
save("palette.tif", photo.convert("P"), compression="tiff_lzw")
save("lab.tif", photo.convert("LAB"), compression="tiff_lzw")
save("float.tif", Image.fromarray(numpy.asarray(photo.convert("L"), "float32")), compression="tiff_lzw")
save("alpha.tif", photo.convert("LA"), compression="tiff_lzw")
save("photo.avif", quality=30)
