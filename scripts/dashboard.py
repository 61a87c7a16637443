"""A screenshot of the dashboard of `hearth train` in the middle of a run, from its terminal output: by pyte
and Pillow (from PyPI) and headless Chromium.

    dashboard.py PICTURE.png SHARE PROGRAM train CONFIG...

SHARE is how much of the dashboard's time is over when the screenshot is taken, from 0 to 1.
"""

import html
import pathlib
import subprocess
import sys
import tempfile

import PIL.Image
import pyte

import terminal

SIZE = (100, 30)
# Size of a character, in pixels.
CELL = (8, 16)
# A dark theme: the first eight colours, those of plain and of faint text.
THEME = ["#24292f", "#ff7b72", "#56d364", "#e3b341", "#6ca4f8", "#db61a2", "#39c5cf", "#b1bac4"]
PLAIN, FAINT = "#d8dee4", "#7d8590"
COLOURS = dict(zip(pyte.graphics.FG_BG_256, THEME))
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 8px; background: #0d1117; }}
pre {{ margin: 0; font: 13.29px/{1}px "DejaVu Sans Mono", monospace; color: {2}; }}
span {{ display: inline-block; height: {1}px; overflow: hidden; vertical-align: top; white-space: pre; }}
</style><pre>{0}</pre>"""


class Screen(pyte.Screen):
    """A screen that marks faint text, which pyte ignores, as italics."""

    def select_graphic_rendition(self, *attributes, **more):
        super().select_graphic_rendition(*attributes, **more)
        if attributes in [(2,), (22,)]:
            self.cursor.attrs = self.cursor.attrs._replace(italics=attributes == (2,))


def page(screen):
    """The screen as HTML. Each run of text has the width of its cells in any font."""
    lines = []
    for y in range(screen.lines):
        line, runs = screen.buffer[y], []
        for x in range(screen.columns):
            cell = line[x]
            colour = COLOURS.get(cell.fg, FAINT if cell.italics else PLAIN)
            style = f"color:{colour};" + ("font-weight:bold;" if cell.bold else "")
            if runs and runs[-1][0] == style:
                runs[-1][1] += cell.data
            else:
                runs.append([style, cell.data])
        lines.append("".join(
            f'<span style="{style}width:{CELL[0] * len(text)}px">{html.escape(text)}</span>'
            for style, text in runs))
    return PAGE.format("\n".join(lines), CELL[1], PLAIN)


def main():
    picture, share, *command = sys.argv[1:]
    seen = terminal.run([*command, "--tui"], SIZE)
    assert seen["code"] == 0, seen["terminal"]
    sent = seen["terminal"].split("\x1b[?1049h")[1].split("\x1b[?1049l")[0]
    screen = Screen(*SIZE)
    # Each frame ends where the cursor is hidden again.
    frames = sent.split("\x1b[?25l")
    pyte.Stream(screen).feed("".join(frames[:max(2, round(float(share) * len(frames)))]))
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "page.html"
        source.write_text(page(screen))
        width, height = (16 + size * cell for size, cell in zip(SIZE, CELL))
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--screenshot={pathlib.Path(picture).absolute()}", f"--window-size={width},{height}",
             source.as_uri()],
            check=True, stderr=subprocess.DEVNULL)
    # A third of the size, without a visible difference.
    PIL.Image.open(picture).convert("RGB").quantize(48).save(picture, optimize=True)


if __name__ == "__main__":
    main()
