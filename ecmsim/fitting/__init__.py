"""Which parameters meet what is known? `ecmsim fit`: settings within bounds, fitted to measurements and to facts.

The reduced model finds the way, since its runs take seconds; the full model checks what came out or finishes it.
`ecmsim calibrate` is the same for facts alone.

May import: config, measured, page, plot, results, running, study, switching.
"""
