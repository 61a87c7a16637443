#!/usr/bin/env bash
# Size of a stripped program, and its shared libraries.
#
#     size.sh WORDS PROGRAM
set -euo pipefail
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$2"
printf '%s: %s MB, with %s\n' "$1" "$(stat -c %s "$stripped" | awk '{printf "%.1f", $1 / 1e6}')" \
    "$(ldd "$2" | awk '{printf "%s%s", sep, $1; sep = " "}')"
