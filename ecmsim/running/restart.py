"""A run under way as plain data, for a checkpoint, and back."""

from ecmsim.drive import Leg
from ecmsim.models.counting import Count
from ecmsim.models.node import Node
from ecmsim.models.waiting import Waiting
from ecmsim.running.events import EventDetector
from ecmsim.running.march import March
from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front

LEG = ("number", "start", "end", "first", "last")
SCALARS = (
    "time",
    "source_voltage",
    "previous_step",
    "earlier_step",
    "deposited",
    "supplied",
    "previous_supplied",
    "largest_current",
    "largest_volume",
    "iterations",
    "remeshed",
    "relaxation_speed",
)
PARTS = {"node": Node, "contact": Count, "waiting": Waiting}  # of a state, where it has them
COUNTS = ("steps", "iterations", "finished")


def content_of(march: March, detector: EventDetector):
    """What has to be known to go on from the accepted state, as a nested dict that a checkpoint can hold."""
    state, controller = march.state, march.controller
    return {
        "step": march.steps,
        "time_s": state.time,
        "state": {name: getattr(state, name) for name in SCALARS}
        | {
            "observed": dict(state.observed),
            "leg": {name: getattr(state.leg, name) for name in LEG},
            "front": _kept(state.front),
        }
        | {name: (value := getattr(state, name)) and vars(value) for name in PARTS}
        | march.simulation.kept(state),
        "march": {name: getattr(march, name) for name in COUNTS} | {"worst": dict(march.worst)},
        "remeshes": march.simulation.remeshes,
        "controller": {"step": controller.step, "rejections": controller.rejections},
        "events": detector.remembered(),
    }


def _kept(front):
    """A Front as plain data."""
    own = {"points": front.filament.points, "carried": front.carried}
    return own | ({"needle": _kept(front.needle)} if front.needle else {})


def _recalled(data):
    """The Front that `_kept` made the data of."""
    needle = _recalled(data["needle"]) if "needle" in data else None
    return Front.of(Filament(data["points"]), data["carried"], needle)


def restore(content, march: March, detector: EventDetector):
    """Bring a fresh march and detector to where a content was taken; the solver is bound to the state."""
    data, simulation = content["state"], march.simulation
    leg = data["leg"]
    march.state = simulation.recalled(
        data,
        leg=Leg(**leg, piece=simulation.programme.pieces[leg["number"]]),
        front=_recalled(data["front"]),
        observed=dict(data["observed"]),
        **{name: kind(**data[name]) if data.get(name) else None for name, kind in PARTS.items()},
        **{name: data[name] for name in SCALARS},
    )
    for name in COUNTS:
        setattr(march, name, content["march"][name])
    march.worst = dict(content["march"]["worst"])
    simulation.remeshes = content["remeshes"]
    march.controller.step = content["controller"]["step"]
    march.controller.rejections = content["controller"]["rejections"]
    detector.recall(content["events"])
    simulation.rebase(march.state)
