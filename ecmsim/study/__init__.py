"""Studies: many runs of one configuration with some of its settings varied. Needs no dolfinx.

from ecmsim.study import Study
study = Study.load("configs/studies/icc_series.toml")
outcome = study.run("runs/icc_series", jobs=2)
study.summary("runs/icc_series").plot(x="compliance_current_A", y="resistance_lrs_ohm", loglog=True)
"""

from ecmsim.study.study import Case, Study

__all__ = ["Case", "Study"]
