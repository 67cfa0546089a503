"""Does a fit find what was hidden? Synthetic measurements with known parameters, and what comes back.

python -m validation.fitting OUT
"""
