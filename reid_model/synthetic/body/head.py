"""Head, hair and hat."""

from reid_model.synthetic.body.part import Layer, Part
from reid_model.synthetic.body.person import Hair, Hat, Person
from reid_model.synthetic.geometry import View, blob, limb, shell
from reid_model.synthetic.palette import Colour, shade

_CENTRE = (0.0, 0.075, 0.0)


def head_parts(person: Person, view: View) -> list[Part]:
    """Neck, skull, face when it is turned to us, hair, and a hat if there is one."""
    parts = [
        Part(limb(view, (0, 0.12, 0), (0, 0.17, 0), 0.028, 0.034), person.skin, Layer.NECK),
        Part(blob(view, _CENTRE, 0.052, 0.06, 0.068), _skull_colour(person), Layer.HEAD),
    ]
    if view.facing > -0.45:
        face = blob(view, (0.0, 0.088, 0.024), 0.04, 0.034, 0.05)
        parts.append(Part(face, person.skin, Layer.FACE))
    return parts + _hair(person, view) + _hat(person, view)


def _skull_colour(person: Person) -> Colour:
    """Hair covers the skull, unless there is none."""
    return shade(person.skin, 0.9) if person.hair is Hair.BALD else person.hair_colour


def _hair(person: Person, view: View) -> list[Part]:
    """Hair that hangs down the back: behind the neck from the front, over it from the back."""
    layer = Layer.NECK if view.facing > 0 else Layer.HEAD
    if person.hair is Hair.LONG:
        rings = ((0.05, 0.05, 0.03), (0.13, 0.062, 0.035), (0.25, 0.06, 0.03))
        return [Part(shell(view, rings, z=-0.035), person.hair_colour, layer, -1.0)]
    if person.hair is Hair.TAIL:
        tail = limb(view, (0.0, 0.06, -0.06), (0.0, 0.2, -0.085), 0.022, 0.014)
        return [Part(tail, person.hair_colour, layer, -view.facing)]
    return []


def _hat(person: Person, view: View) -> list[Part]:
    """A beanie down to the ears, or a flat cap with a brim."""
    if person.hat is Hat.NONE:
        return []
    low = 0.065 if person.hat is Hat.BEANIE else 0.045
    rings = ((-0.005, 0.025, 0.03), (0.02, 0.05, 0.058), (low, 0.057, 0.064))
    parts = [Part(shell(view, rings), person.accent, Layer.HAT)]
    if person.hat is Hat.CAP and view.facing > -0.45:
        brim = blob(view, (0.0, 0.05, 0.055), 0.045, 0.04, 0.011)
        parts.append(Part(brim, shade(person.accent, 0.8), Layer.HAT, 1.0))
    return parts
