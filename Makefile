# The two commands of the first screen, run and test; walk: what the pages say, done. ./ecm prepares the environment
# on first use.
.PHONY: run test walk

RUN := runs/cu_sio2_pt
PYTEST := ./ecm pytest -q --numprocesses auto --dist worksteal

run:
	./ecm run configs/cu_sio2_pt.toml --out $(RUN) --overwrite
	./ecm plot all $(RUN)
	@echo "Results and pictures are in $(RUN):"
	@find $(RUN) -name '*.png' -o -name '*.pdf' -o -name '*.svg' | sort

test:
	@$(PYTEST)

walk:
	@python3 docs/walk.py
	@$(PYTEST) -m walk
