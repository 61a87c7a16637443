#!/bin/sh
# Trains a config once for each seed and prints the accuracies and their medians.
# Interrupted, it goes on where it was: finished runs are not trained again.
#
# usage: reproduce.sh HEARTH CONFIG BACKEND "KEY=VALUE ..." SEED...
set -eu
hearth=$1 config=$2 backend=$3 overrides=$4
shift 4
name=$(basename "$config" .toml)$(printf '%s' "$overrides" | tr -cs 'a-zA-Z0-9.=' '-')

accuracy() { # the accuracy of a run on a split
    "$hearth" eval "$1" --split "$2" --backend "$backend" --json | sed -E 's/.*"accuracy":([0-9.]+).*/\1/'
}

median() {
    sort -n | awk '{ value[NR] = $1 } END { print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'
}

results=''
for seed in "$@"; do
    run=runs/reproduce/$name-$backend-$seed
    # shellcheck disable=SC2086 # overrides are words
    "$hearth" train "$config" run.seed="$seed" $overrides --backend "$backend" --run "$run" --resume >/dev/null
    results="$results$(accuracy "$run" train) $(accuracy "$run" valid) $(accuracy "$run" test)
"
    printf '%s seed %s on %s: train, valid, test accuracy %s\n' "$name" "$seed" "$backend" \
        "$(printf '%s' "$results" | tail -n 1)"
done
printf '%s on %s, median of %s: train %s, valid %s, test %s\n' "$name" "$backend" "$#" \
    "$(printf '%s' "$results" | cut -d' ' -f1 | median)" \
    "$(printf '%s' "$results" | cut -d' ' -f2 | median)" \
    "$(printf '%s' "$results" | cut -d' ' -f3 | median)"
