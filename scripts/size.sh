#!/usr/bin/env bash
# How large a program is once it is stripped, and which libraries it needs besides itself.
#
#     size.sh WORDS PROGRAM
set -euo pipefail
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$2"
printf '%s: %s MB, with %s\n' "$1" "$(stat -c %s "$stripped" | awk '{printf "%.1f", $1 / 1e6}')" \
    "$(ldd "$2" | awk '{printf "%s%s", sep, $1; sep = " "}')"
