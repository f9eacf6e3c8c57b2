"""Legs, shoes and what is worn below the waist."""

from reid_model.synthetic.body.part import Layer, Part
from reid_model.synthetic.body.person import Lower, Person, Upper
from reid_model.synthetic.body.pose import Leg, Pose, leg
from reid_model.synthetic.geometry import Ring, View, limb, shell
from reid_model.synthetic.palette import Colour, shade

_SKIRT_HEM = {Lower.SKIRT: 0.7, Lower.LONG_SKIRT: 0.88}


def leg_parts(person: Person, pose: Pose, view: View) -> list[Part]:
    """Both legs with trousers or skin and shoes, and the skirt or the trousers' seat."""
    parts = _seat(person, pose, view)
    for side in (-1, 1):
        bones = leg(person, pose, side)
        depth = view.depth(bones.hip)
        tone = 0.86 if depth < -0.01 else 1.0
        parts += _leg(person, bones, view, depth, tone)
    return parts


def _leg(person: Person, bones: Leg, view: View, depth: float, tone: float) -> list[Part]:
    """Thigh, shin and shoe of one leg."""
    wide = 1.35 if person.lower is Lower.WIDE else 1.0
    girth = 0.036 * person.build
    thigh, shin = _leg_colours(person)
    outlines = (
        (limb(view, bones.ankle, bones.toe, 0.022, 0.016), person.shoes),
        (limb(view, bones.knee, bones.ankle, girth * wide * 0.85, girth * wide**2 * 0.62), shin),
        (limb(view, bones.hip, bones.knee, girth * 1.3, girth * wide), thigh),
    )
    return [Part(line, shade(colour, tone), Layer.LEG, depth) for line, colour in outlines]


def _leg_colours(person: Person) -> tuple[Colour, Colour]:
    """Colours of thigh and shin: cloth where trousers cover them, skin elsewhere."""
    if person.upper is Upper.DRESS or person.lower in (Lower.TROUSERS, Lower.WIDE):
        return person.bottom, person.bottom
    if person.lower is Lower.SHORTS:
        return person.bottom, person.skin
    return person.skin, person.skin


def _seat(person: Person, pose: Pose, view: View) -> list[Part]:
    """The skirt, or the piece of trousers between the legs and the upper garment."""
    hip = 0.092 * person.build
    top = (person.waist - 0.03, hip * 0.9, hip * 0.7)
    hem = _SKIRT_HEM.get(person.lower)
    rings: tuple[Ring, ...] = (top, (person.waist + 0.05, hip, hip * 0.8))
    if hem is not None and person.upper is not Upper.DRESS:
        flare = hip * (1.2 + 0.25 * pose.stride)
        rings = (*rings, (hem, flare, flare))
    return [Part(shell(view, rings), person.bottom, Layer.LOWER)]
