#!/usr/bin/env bash
# The images of the README: pages and the dashboard of runs that are trained for it.
#
#     pictures.sh HEARTH PYTHON_BIN
set -euo pipefail
hearth=$1 python=$2/python
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT

"$hearth" train configs/mlp.toml --plain --run "$runs/mlp" >"$runs/log"
"$hearth" train configs/cnn.toml --plain --run "$runs/cnn" >"$runs/log"
"$hearth" train configs/gan-nano.toml --plain --run "$runs/gan" >"$runs/log"
"$hearth" train configs/reverse-attention.toml --plain --run "$runs/reverse" >"$runs/log"
"$hearth" inspect "$runs/cnn"
(cd "$runs" && "$hearth" compare mlp cnn --out compare.html)

shot() { "$python" scripts/screenshot.py "$runs/$1" "docs/$2.png" --scale 0.5 --height "$3" "${@:4}"; }
shot cnn/report.html report 2300
shot gan/report.html report-gan 2300 --scheme dark
shot cnn/inspect/index.html inspect 1640
shot compare.html compare 1840 --scheme dark
"$python" scripts/screenshot.py "$runs/reverse/report.html" docs/attention.png --part ".heat:nth-child(3) table"
"$python" scripts/dashboard.py docs/dashboard.png 0.93 "$hearth" train configs/mlp.toml --run "$runs/seen"
# A page has few colours, of which those of the classes are the rarest.
"$python" - docs/report.png docs/report-gan.png docs/inspect.png docs/compare.png docs/attention.png <<'PYTHON'
import sys
from PIL import Image
for path in sys.argv[1:]:
    Image.open(path).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)
PYTHON
ls -l docs/*.png
