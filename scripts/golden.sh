#!/usr/bin/env bash
# Compares the first 50 steps of each nano config with those of the program of another commit, bit for bit.
# golden.sh COMMIT CARGO-FLAGS...: called by `make golden BASE=COMMIT`, whose flags compile Burn no second time.
set -euo pipefail
base=$1
shift
checkout=$(mktemp -d)
trap 'git worktree remove --force "$checkout"' EXIT
git worktree add --quiet --detach "$checkout" "$base"
(cd "$checkout" && cargo build --release "$@" --bin hearth)
# The next build overwrites the program with this checkout's.
cp "${CARGO_TARGET_DIR:?}/release/hearth" "$checkout/hearth-base"
HEARTH_GOLDEN_BASE=$checkout cargo test --release "$@" --test hearth -- \
    --ignored --exact golden::all_steps_are_those_of_the_base
echo "50 steps of each nano config are those of $(git rev-parse --short "$base"), bit for bit"
