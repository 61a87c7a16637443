# All commands of this project. `make` alone lists them.
#
# The flags below are fixed on purpose: Cargo resolves features anew for each set of packages and
# compiles Burn again for each set of features, which takes minutes.

CONFIG  ?= mlp.toml
BACKEND ?= flex
# The program is built for the CPU, with flex and ndarray; BACKEND=wgpu or WITH=all adds wgpu.
WITH    ?=
SET     ?=
RUN     ?=
OUT     ?= samples.png
SEEDS   ?= 1 2 3
# Of gan.toml.
EPOCHS  ?= 15
# Of the steps and minutes of `make soak`.
SHARE   ?= 1
# Of each target of `make fuzz`.
SECONDS ?= 60

export CARGO_TARGET_DIR ?= $(CURDIR)/target

comma     := ,
empty     :=
space     := $(empty) $(empty)

# The backends of a build: those of the CPU; wgpu where it is asked for, which takes minutes more to compile.
BACKENDS  := flex,ndarray$(if $(filter wgpu all,$(BACKEND) $(WITH)),$(comma)wgpu)
PROGRAM   := -p hearth -p hearth-export -p hearth-kernels -p hearth-model -p hearth-tasks -p hearth-train
READERS   := -p hearth-config -p hearth-data -p hearth-environments -p hearth-fuzz -p hearth-report -p hearth-store
# All crates, with the backends of a build: what is tested. With the same backends the program alone has the same
# dependencies, so that Burn is compiled once.
CRATES    := $(READERS) $(PROGRAM) --features $(subst $(space),$(comma),$(patsubst %,hearth/%,$(subst $(comma), ,$(BACKENDS))))
# All crates on all backends: what is checked and measured.
ALL       := $(READERS) $(PROGRAM) --features hearth/flex,hearth/ndarray,hearth/wgpu
# Other sets of backends that are checked, and not compiled to the end.
OTHERS    := flex program,flex serve,flex program,ndarray program,wgpu program,flex,ndarray program,flex,wgpu program,flex,fusion
# The fuzz targets, one for each reader of untrusted input, and the folder of their findings.
TARGETS   := checkpoint config csv http idx import metrics overrides pairs picture rows ztext
FUZZ      := $(CARGO_TARGET_DIR)/fuzz
HEARTH    := $(CARGO_TARGET_DIR)/release/hearth
TOOLS     := $(CARGO_TARGET_DIR)/tools
VENV      := $(CARGO_TARGET_DIR)/venv
# A config is looked up in configs/ first.
CONFIG_PATH := $(firstword $(wildcard configs/$(CONFIG)) $(CONFIG))

.PHONY: config-there run-named help setup build train eval predict sample serve data doctor check advisories asan test fuzz bench bench-peers bench-backends bench-serve bench-pages bench-tables torture size soak pictures gan-peer golden tables reproduce lengths mini schema venv clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

build: ## build the program: make build [BACKEND=wgpu]
	cargo build --release -p hearth --no-default-features --features serve,$(BACKENDS)

# Checked before minutes of compiling.
config-there:
	@test -f '$(CONFIG_PATH)' || { echo "there is no config $(CONFIG), here or in configs/" >&2; exit 2; }

run-named:
	@test -n '$(RUN)' || { echo "name a run: make $(MAKECMDGOALS) RUN=runs/mlp-001" >&2; exit 2; }

train: config-there build ## train: make train CONFIG=mlp.toml [BACKEND=ndarray] [RUN=runs/mine] [SET="train.epochs=3 --resume"]
	@$(HEARTH) train $(CONFIG_PATH) $(SET) --backend $(BACKEND) $(if $(RUN),--run $(RUN))

eval: run-named build ## evaluate: make eval RUN=runs/mlp-001
	@$(HEARTH) eval $(RUN) --backend $(BACKEND)

predict: run-named build ## predict: make predict RUN=runs/mlp-001 FILES="shirt.png"
	@$(HEARTH) predict $(RUN) $(FILES) --backend $(BACKEND)

sample: run-named build ## generate images: make sample RUN=runs/gan-001 [OUT=grid.png] [SET="--count 16 --seed 7"]
	@$(HEARTH) sample $(RUN) --out $(OUT) $(SET) --backend $(BACKEND)

serve: run-named build ## serve predictions over HTTP, with a page: make serve RUN=runs/mlp-001 [SET="--port 9000"]
	@$(HEARTH) serve $(RUN) $(SET) --backend $(BACKEND)

data: build ## fetch the full Fashion-MNIST into datasets/
	@$(HEARTH) data fetch fashion-mnist

doctor: build ## train two steps on each backend of the program
	@$(HEARTH) doctor

setup: $(TOOLS)/bin/typos $(TOOLS)/bin/cargo-deny ## get the tools of `make check`

$(TOOLS)/bin/typos:
	cargo install --quiet --locked --root $(TOOLS) typos-cli --version 1.52.0

$(TOOLS)/bin/cargo-deny:
	cargo install --quiet --locked --root $(TOOLS) cargo-deny --version 0.20.2

check: setup ## format, spelling, lints, documentation, licences: the cheapest first
	cargo fmt --all --check
	$(TOOLS)/bin/typos
	cargo clippy --release --all-targets $(ALL) -- -D warnings
	set -e; for set in $(OTHERS); do cargo clippy --release -p hearth --no-default-features --features $$set -- -D warnings; done
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps $(ALL)
	$(TOOLS)/bin/cargo-deny --all-features check --hide-inclusion-graph bans licenses sources

advisories: setup ## known vulnerabilities of dependencies; their database is fetched if the network allows it
	$(TOOLS)/bin/cargo-deny --all-features check advisories

# RUSTC_BOOTSTRAP unlocks the sanitizer of the stable compiler. Burn is compiled once more, with it; --target keeps the
# flags from build scripts.
asan: export RUSTC_BOOTSTRAP = 1
asan: export RUSTFLAGS = -Zsanitizer=address
asan: ## the kernels' tests under AddressSanitizer: on x86-64 Linux
	cargo test --release -p hearth-kernels --features flex$(comma)ndarray --lib --tests \
		--target x86_64-unknown-linux-gnu --target-dir $(CARGO_TARGET_DIR)/asan

# The least tuning of kernels: on an adapter in software it takes longer than the tests.
test: export CUBECL_AUTOTUNE_LEVEL = minimal
# File of skipped tests and their reasons, for a summary at the end.
test: export HEARTH_SKIPS = $(CARGO_TARGET_DIR)/skipped-tests.txt
test: ## all tests, on the CPU backends: make test [WITH=all] for those of wgpu as well
	@mkdir -p $(CARGO_TARGET_DIR) && : > $(HEARTH_SKIPS)
	cargo test --release $(CRATES)
	@sort -u $(HEARTH_SKIPS) | awk -F '\t' '{ tests[$$2] = tests[$$2] "\n    " $$1 } \
		END { for (why in tests) print "\nSkipped: " why tests[why] }'

$(TOOLS)/bin/cargo-fuzz:
	cargo install --quiet --locked --root $(TOOLS) cargo-fuzz --version 0.13.2

fuzz: $(TOOLS)/bin/cargo-fuzz ## fuzz the readers of untrusted input: make fuzz [SECONDS=60] [TARGETS=picture]
	set -e; for target in $(TARGETS); do \
	    mkdir -p $(FUZZ)/corpus/$$target $(FUZZ)/found/$$target fuzz/regressions/$$target; \
	    PATH="$(TOOLS)/bin:$$PATH" cargo fuzz run --sanitizer none --target-dir $(FUZZ) $$target \
	        $(FUZZ)/corpus/$$target fuzz/corpus/$$target fuzz/regressions/$$target -- \
	        -artifact_prefix=$(FUZZ)/found/$$target/ -dict=fuzz/dictionaries/$$target.dict \
	        -max_len=8192 -timeout=20 -max_total_time=$(SECONDS) -print_final_stats=1; \
	done

bench: ## samples/s of the training step and of the whole job, on each backend
	cargo build --release $(ALL) --bin hearth --example bench
	$(CARGO_TARGET_DIR)/release/examples/bench

bench-peers: venv ## the same beside PyTorch, run in turn
	$(VENV)/bin/pip install --quiet torch torchvision
	cargo build --release $(ALL) --bin hearth --example bench
	$(CARGO_TARGET_DIR)/release/examples/bench --python $(VENV)/bin/python

bench-backends: ## steps of small networks on each backend, graphics adapters as well
	cargo build --release $(ALL) --example bench
	$(CARGO_TARGET_DIR)/release/examples/bench --only backends --rounds 3

bench-serve: venv build ## requests/s of the server and the cold start of a prediction, beside PyTorch
	$(VENV)/bin/pip install --quiet fastapi uvicorn pillow
	bash scripts/bench_serve.sh $(HEARTH) $(VENV)/bin

bench-tables: build venv ## a table of 1,000,000 rows, beside pandas and PyTorch
	$(VENV)/bin/pip install --quiet pandas
	$(VENV)/bin/python scripts/bench_tables.py $(HEARTH)

bench-pages: build ## cost of a run's page, event file and images
	@bash scripts/bench_pages.sh $(HEARTH)

# With BASE another commit's program is built and compared, and the files stay unchanged.
golden: ## golden losses of the first steps: record them for this processor, or compare with BASE=COMMIT
	$(if $(BASE),bash scripts/golden.sh $(BASE),HEARTH_GOLDEN_WRITE=1 cargo test --release $(ALL) --test hearth -- --exact training::golden::the_first_steps_are_golden)

torture: export HEARTH_NO_SKIP = 1
torture: ## inject faults into real runs, counted in docs/torture.md: kills, errors, full disks, clocks, neighbours
	@for tool in strace faketime fiu-run prlimit; do command -v $$tool >/dev/null || \
		{ echo "$$tool is missing: apt-get install strace faketime fiu-utils util-linux" >&2; exit 1; }; done
	cargo test --release $(ALL) --test hearth -- --ignored --exact --nocapture faults::torture::every_real_fault_costs_nothing

size: ## size and shared libraries of the program, with flex and the server and with everything
	cargo build --release -p hearth --no-default-features --features serve,flex
	@bash scripts/size.sh 'flex and the server' $(HEARTH)
	cargo build --release $(ALL) --bin hearth
	@bash scripts/size.sh 'all backends and the server' $(HEARTH)

soak: build ## long runs and a busy server, with bounded memory, file handles and folders: make soak [SHARE=0.1]
	python3 scripts/soak.py $(HEARTH) --share $(SHARE)

pictures: venv build ## the README's images of pages and the dashboard, from runs trained for it
	$(VENV)/bin/pip install --quiet pillow pyte
	bash scripts/pictures.sh $(HEARTH) $(VENV)/bin

gan-peer: run-named venv build ## gan.toml's pair trained by PyTorch, evaluated like RUN: make gan-peer RUN=runs/gan-001 [EPOCHS=15]
	$(VENV)/bin/pip install --quiet torch
	$(VENV)/bin/python scripts/peer.py pictures $(EPOCHS) $(RUN)/pytorch.idx
	@$(HEARTH) eval $(RUN) --checkpoint last --backend $(BACKEND)
	@$(HEARTH) eval $(RUN) --pictures $(RUN)/pytorch.idx --backend $(BACKEND)

tables: ## test scores of iris, wine and diabetes over 20 splits, beside a linear regression
	cargo build --release $(ALL) --example tables
	@$(CARGO_TARGET_DIR)/release/examples/tables

reproduce: config-there build ## the README's results: make reproduce CONFIG=mlp.toml [SEEDS="1 2 3"], resumable
	@sh scripts/reproduce.sh $(HEARTH) $(CONFIG_PATH) $(BACKEND) "$(SET)" $(SEEDS)

lengths: build ## docs/lengths.svg: BLEU over length of the runs of `make reproduce` on the Bible
	@for kind in attention plain transformer; do \
	  run=runs/reproduce/bible-$$kind-$(BACKEND)-1; \
	  test -d $$run || { echo "make reproduce CONFIG=bible-$$kind.toml SEEDS=1 trains $$run first" >&2; exit 2; }; \
	  $(HEARTH) eval $$run --json > $$run/test.json; \
	done
	cargo run --quiet --release -p hearth-report --example by_length -- docs/lengths.svg bleu \
	  "transformer=runs/reproduce/bible-transformer-$(BACKEND)-1/test.json" \
	  "GRU, attention=runs/reproduce/bible-attention-$(BACKEND)-1/test.json" \
	  "GRU, none=runs/reproduce/bible-plain-$(BACKEND)-1/test.json"

mini: ## cut datasets/fashion-mnist-mini from the full set
	cargo run --release -p hearth-data --example cut_mini -- datasets

schema: build ## write configs/schema.json, for completion and checks in editors
	$(HEARTH) schema > configs/schema.json

venv: ## Python with NumPy, Pillow, safetensors, onnxruntime, PyTorch, Selenium, TensorBoard, sacreBLEU, tokenizers and Gymnasium, for the tests with other software
	test -x $(VENV)/bin/python || python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet numpy pillow safetensors onnxruntime torch selenium tensorboard sacrebleu tokenizers gymnasium

clean: ## remove what was built
	cargo clean
