#!/usr/bin/env bash
# Compares the first 50 steps of each nano config with those of the program of another commit, bit for bit.
# golden.sh COMMIT: called by `make golden BASE=COMMIT`. Another commit may have other crates, so that the program alone is
# named; Burn is compiled once for both.
set -euo pipefail
base=$1
flags=(-p hearth --features hearth/flex,hearth/ndarray,hearth/wgpu)
checkout=$(mktemp -d)
trap 'git worktree remove --force "$checkout"' EXIT
git worktree add --quiet --detach "$checkout" "$base"
(cd "$checkout" && cargo build --release "${flags[@]}" --bin hearth)
cp "${CARGO_TARGET_DIR:?}/release/hearth" "$checkout/hearth-base"
# Cargo knows crates of both checkouts by one name and the older files of this one for built: away with the other's.
cargo clean --release --quiet --workspace
HEARTH_GOLDEN_BASE=$checkout cargo test --release "${flags[@]}" --test hearth -- \
    --ignored --exact training::golden::all_steps_are_those_of_the_base
echo "50 steps of each nano config are those of $(git rev-parse --short "$base"), bit for bit"
