#!/bin/sh
# Trains a config once for each seed and prints the results and their medians: accuracies; of a generator the distance
# of its images, their precision and recall, and the entropy of their classes; of a translator the exact matches and
# BLEU of the test set, and the exact matches of longer sources, where there are any; of an agent the mean and the lowest
# return of 100 episodes.
# Resumable: finished runs are not trained again.
#
# usage: reproduce.sh HEARTH CONFIG BACKEND "KEY=VALUE ..." SEED...
set -eu
hearth=$1 config=$2 backend=$3 overrides=$4
shift 4
name=$(basename "$config" .toml)$(printf '%s' "$overrides" | tr -cs 'a-zA-Z0-9.=' '-')

report() { # the evaluation of a run on a split, as JSON
    "$hearth" eval "$1" --split "$2" --backend "$backend" --json
}

number() { # the first number of this name
    printf '%s' "$2" | grep -oE "\"$1\":[-0-9.e]+" | head -n 1 | cut -d: -f2
}

median() {
    sort -n | awk 'NF { value[++n] = $1 } END { if (n) print (value[int((n + 1) / 2)] + value[int(n / 2) + 1]) / 2 }'
}

results=''
for seed in "$@"; do
    run=runs/reproduce/$name-$backend-$seed
    # shellcheck disable=SC2086 # overrides are words
    "$hearth" train "$config" run.seed="$seed" $overrides --backend "$backend" --run "$run" --resume >/dev/null
    test=$(report "$run" test)
    case $test in
    *'"distance"'*)
        what='test distance, precision, recall, entropy'
        found="$(number distance "$test") $(number precision "$test") $(number recall "$test") $(number entropy "$test")"
        ;;
    *'"episodic_return"'*)
        what='test return, lowest'
        found="$(number episodic_return "$test") $(number episodic_return_min "$test")"
        ;;
    *'"bleu"'*)
        what='test exact match, BLEU'
        found="$(number exact_match "$test") $(number bleu "$test")"
        if longer=$(report "$run" longer 2>/dev/null); then
            what="$what, exact match of longer sources"
            found="$found $(number exact_match "$longer")"
        fi
        ;;
    *)
        what='train, valid, test accuracy'
        found="$(number accuracy "$(report "$run" train)") $(number accuracy "$(report "$run" valid)") $(number accuracy "$test")"
        ;;
    esac
    results="$results$found
"
    printf '%s seed %s on %s: %s %s\n' "$name" "$seed" "$backend" "$what" "$found"
done
medians=$(for column in 1 2 3 4; do
    printf '%s' "$results" | cut -s -d' ' -f"$column" | median
done)
# shellcheck disable=SC2116,SC2086 # in one line
printf '%s on %s, median of %s: %s %s\n' "$name" "$backend" "$#" "$what" "$(echo $medians)"
