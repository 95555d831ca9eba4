# Everything runs in .venv, which `make install` makes and the other targets make when they need it.
# Variables: PYTHON (3.11 or 3.12), TORCH_INDEX (index of PyTorch's CPU wheels), SEED (of the demo),
# NB (words in the paths of the notebooks whose outputs are kept anew; default: all).

.DEFAULT_GOAL := help
.PHONY: help install demo test outputs readme export clean
SEED ?= 0

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1  \t/p' Makefile

install:  ## make .venv and install the package with its tools; at once when nothing changed
	@.ci/install

demo: install  ## record, train and score an autoencoder (under ten minutes on two cores), show what it tracks
	@.ci/system-packages rendering
	@.venv/bin/python .ci/demo.py --seed $(SEED)

test: install  ## the whole gate: notebooks clean, package in step, lint, every notebook, every experiment
	@.ci/system-packages rendering browser
	@.venv/bin/python .ci/gate.py

export: install  ## clean the notebooks and print the package from them
	@. .venv/bin/activate && nbdev_clean && nbdev_clean --fname benchmarks && nbdev_export

outputs: install  ## run the notebooks NB, for instance NB=33_models, and keep what their cells give today
	@.venv/bin/python .ci/gate.py --fill $(NB)

readme: export  ## run nbs/index.ipynb and print README.md from it
	@.venv/bin/python .ci/readme.py

clean:  ## remove .venv and everything that is built; recordings and runs stay
	rm -rf .venv _docs _proc build dist *.egg-info .ruff_cache
