"""What became of a fact, in the word that the pages have for it."""


def word(hit):
    """hit, miss in bold, or open where there is nothing to compare (None)."""
    if hit is None:
        return "open"
    return "hit" if hit else "**miss**"
