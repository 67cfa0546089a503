"""What happens when settings vary? Studies: many runs of one configuration, each in a process of its own.

from ecmsim.study import Study
study = Study.load("configs/studies/icc_series.toml")
outcome = study.run("runs/icc_series", jobs=2)
study.summary("runs/icc_series").plot(x="compliance_current_A", y="resistance_lrs_ohm", loglog=True)

May import: config, plot, results, running, switching.
May use: mpi4py.
"""

from ecmsim.study.study import Case, Study

__all__ = ["Case", "Study"]
