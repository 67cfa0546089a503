# The two commands of the first screen; ./ecm prepares the environment on first use.
.PHONY: run test

RUN := runs/cu_sio2_pt

run:
	./ecm run configs/cu_sio2_pt.toml --out $(RUN) --overwrite
	./ecm plot all $(RUN)
	@echo "Results and pictures are in $(RUN):"
	@find $(RUN) -name '*.png' -o -name '*.pdf' -o -name '*.svg' | sort

test:
	@./ecm pytest -q --numprocesses auto --dist worksteal
