#!/usr/bin/env bash
# Speed of a trained perceptron beside PyTorch: requests/s of `hearth serve` and of FastAPI, 10,000 from 64 connections
# in turn; the time of one prediction from a cold start. `ab` is in Debian's apache2-utils.
#
#     bench_serve.sh HEARTH PYTHON_FOLDER
set -euo pipefail
hearth=$1 python=$2
command -v ab >/dev/null || { echo "ab is missing: install apache2-utils" >&2; exit 1; }
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

"$hearth" train configs/mlp-nano.toml 'model.hidden=[256]' --run "$work/run" 2>/dev/null >/dev/null
"$hearth" export "$work/run" --format safetensors --out "$work/export" 2>/dev/null >/dev/null
"$python/python" - "$work/picture.png" <<'PYTHON'
import gzip, sys
from PIL import Image
pixels = gzip.open("datasets/fashion-mnist-mini/t10k-images-idx3-ubyte.gz").read()[16:16 + 784]
Image.frombytes("L", (28, 28), pixels).save(sys.argv[1])
PYTHON

"$hearth" serve "$work/run" --port 8701 >/dev/null 2>&1 &
MODEL=$work/export "$python/uvicorn" --app-dir scripts peer_server:app --port 8702 --log-level warning &
for port in 8701 8702; do
    until curl -sf --data-binary "@$work/picture.png" "http://127.0.0.1:$port/v1/predict?top=1"; do sleep 0.2; done
    echo
done
for round in 1 2 3 4 5; do
    for port in 8701 8702; do
        [ "$port" = 8701 ] && name="hearth " || name="fastapi"
        ab -q -n 10000 -c 64 -k -p "$work/picture.png" -T image/png "http://127.0.0.1:$port/v1/predict?top=1" |
            awk -v name="$name" '/Failed|Non-2xx/ {bad += $NF} /Requests per/ {speed = $4} / 50%/ {half = $2} / 99%/ {slow = $2}
                END {printf "%s  %9.0f requests/s  median %d ms  p99 %d ms  failed %d\n", name, speed, half, slow, bad}'
    done
done
kill $(jobs -p)

# Milliseconds from start to exit, once to warm the files and then the median of ten.
timed() {
    "$@" >/dev/null 2>&1
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        begun=$(date +%s%N)
        "$@" >/dev/null 2>&1
        echo $((($(date +%s%N) - begun) / 100000))
    done | sort -n | awk '{all[NR] = $1} END {printf "%.1f ms\n", (all[5] + all[6]) / 20}'
}
printf 'hearth predict, one image: '; timed "$hearth" predict "$work/run" "$work/picture.png"
printf 'the same by PyTorch: '; timed env MODEL="$work/export" PYTHONPATH=scripts "$python/python" scripts/peer_predict.py "$work/picture.png"
