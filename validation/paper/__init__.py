"""The paper beside our results: `ecmsim validate-paper` runs what is needed, measures every fact and draws the figures.

"The paper" is Buttberg, Schindler, Valov and Menzel, Adv. Mater. Technol. (2025), doi 10.1002/admt.202500837.
"""
