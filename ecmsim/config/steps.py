"""Steps written in Python (ecmsim.drive) as the tables [[programme]] that stand for them."""

from types import SimpleNamespace

from ecmsim.config.programme import Step
from ecmsim.config.quantities import Quantity
from ecmsim.config.structure import inside, quantity_type
from ecmsim.drive import Condition


def table_of(step, annotation=Step):
    """The data of a step as it would stand in a TOML file: numbers get the unit of their setting.

    step: from ecmsim.drive; anything else (a table, a section) is returned as it is. annotation: of the schema there.
    """
    if isinstance(step, SimpleNamespace):
        data = vars(step)
        return {key: table_of(value, inside(annotation, key, data)) for key, value in data.items() if value is not None}
    if isinstance(step, (list, tuple)):
        return [table_of(item, inside(annotation, index, None)) for index, item in enumerate(step)]
    if isinstance(step, Condition):
        return str(step)
    quantity = quantity_type(annotation)
    if quantity and quantity.unit and isinstance(step, (int, float)) and not isinstance(step, bool):
        return Quantity(step, quantity.unit).text
    return step
