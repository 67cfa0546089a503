"""Pieces of a small configuration file, to be put one after the other."""

EXTENDS = 'extends = "ecmsim:cu_sio2_pt"\n'
METALS = """[cell]
active_electrode = "Cu"
switching_layer = "SiO2"
counter_electrode = "Pt"
"""


def ramp(to):
    """A step of the programme to a voltage, such as "2 V", at 1 V/s."""
    return f'[[programme]]\nkind = "ramp"\nto = "{to}"\nrate = "1 V/s"\n'


def compliance(current):
    """An ideal compliance of a current, such as "1 mA"; more settings of [compliance] may follow."""
    return f'[compliance]\nkind = "ideal"\ncurrent = "{current}"\n'


def cycles(count):
    """So many sweeps to 1 V and to -1 V in turn."""
    up, down = (f'[[programme.steps]]\nkind = "sweep"\npeak = "{peak} V"\nrate = "1 V/s"\n' for peak in (1, -1))
    return f'[[programme]]\nkind = "repeat"\ncount = {count}\n' + up + down
