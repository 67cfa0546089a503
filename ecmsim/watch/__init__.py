"""What is going on right now? A run or a study that others write, watched in the terminal and as a local page.

Nothing is written: every look reads the folder anew, and what cannot be read at the moment is said.

May import: config, drive, page, results, study.
"""
