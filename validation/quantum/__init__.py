"""Quantum transport beside what is known of it: `ecmsim quantum facts` finds every number and writes the table.

A fact is entered with SECTION.enter in the module of its section, with an expected value, a tolerance, the reason for
it and a function of the folder of result files that finds our number or raises Open; an explanation (doubt) goes with
it if it misses. Then `ecmsim quantum facts` writes validation/quantum anew, as after a change of any table or file.

Sections: chain, filament (computed anew), contacts, lookups (from the committed tables of transmissions), outcomes
(from result files, see files). The papers: G. Milano et al., Nanoscale Horiz. 9, 416 (2024); O. G.
Kharlanov, "Effects of quantum recoil forces in resistive switching in memristors"; the review of Gao et al. (2025).
"""
