#!/usr/bin/env bash
# The cost of a run's page, event file and images at the default cadence: processor seconds (user and system) of whole
# jobs with and without them, nine rounds in turn.
#
#     bench_pages.sh HEARTH
set -euo pipefail
hearth=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

TIMEFORMAT='%U %S'
job() {
    local spent
    spent=$({ time "$hearth" train "configs/$1" --plain --run "$work/run" "${@:2}" >/dev/null 2>&1; } 2>&1)
    rm -rf "$work/run"
    awk '{print $1 + $2}' <<<"$spent"
}
median() { sort -n "$1" | awk '{all[NR] = $1} END {print all[(NR + 1) / 2]}'; }

for config in mlp.toml "cnn.toml train.epochs=2"; do
    # Once to warm the files.
    job $config >/dev/null
    for round in 1 2 3 4 5 6 7 8 9; do
        for report in true false; do
            job $config run.report=$report >>"$work/$report"
        done
        paste -d ' ' <(tail -n 1 "$work/true") <(tail -n 1 "$work/false") | awk '{print $1 / $2}' >>"$work/ratio"
    done
    awk -v config="$config" -v with="$(median "$work/true")" -v without="$(median "$work/false")" \
        -v ratio="$(median "$work/ratio")" \
        'BEGIN {printf "%s: %.2f s with, %.2f s without; median of the ratios %.3f\n", config, with, without, ratio}'
    rm "$work/true" "$work/false" "$work/ratio"
done
