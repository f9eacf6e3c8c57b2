"""What people carry; most of it is hidden from one side or the other."""

from reid_model.synthetic.body.part import Layer, Part
from reid_model.synthetic.body.person import Bag, Person
from reid_model.synthetic.body.pose import Pose, arm
from reid_model.synthetic.geometry import Point3, View, blob, limb, shell
from reid_model.synthetic.palette import shade


def bag_parts(person: Person, pose: Pose, view: View) -> list[Part]:
    """The bag that the person carries, as far as it shows."""
    if person.bag is Bag.BACKPACK:
        return _backpack(person, view)
    if person.bag is Bag.SHOULDER:
        return _shoulder_bag(person, view)
    if person.bag is Bag.HAND:
        return _handbag(person, view, arm(person, pose, person.side).hand)
    return []


def _backpack(person: Person, view: View) -> list[Part]:
    """A sack on the back; from the front only its straps are seen."""
    rings = ((0.18, 0.06, 0.035), (0.24, 0.085, 0.055), (0.44, 0.085, 0.06), (0.46, 0.07, 0.05))
    layer = Layer.CARRIED if view.facing < -0.3 else Layer.BEHIND
    parts = [Part(shell(view, rings, z=-0.105), person.accent, layer)]
    if view.facing > 0.3:
        for x in (-0.065, 0.065):
            strap = limb(view, (x, 0.18, 0.05), (x * 1.15, 0.36, 0.06), 0.013, 0.013)
            parts.append(Part(strap, shade(person.accent, 0.85), Layer.FRONT, 1.0))
    return parts


def _shoulder_bag(person: Person, view: View) -> list[Part]:
    """A bag at one hip on a strap across the chest and the back."""
    z = 0.06 if view.facing > 0 else -0.06
    hip = (person.side * 0.115 * person.build, person.waist + 0.05, 0.0)
    strap = limb(view, (-person.side * 0.07, 0.17, z), (hip[0], hip[1], z), 0.011, 0.011)
    return [
        Part(strap, shade(person.accent, 0.8), Layer.FRONT, 1.0),
        _sack(person, view, hip, 0.055),
    ]


def _handbag(person: Person, view: View, hand: Point3) -> list[Part]:
    """A bag that hangs from a hand."""
    return [_sack(person, view, (hand[0], hand[1] + 0.075, hand[2]), 0.065)]


def _sack(person: Person, view: View, centre: Point3, tall: float) -> Part:
    """A soft bag, hidden by the body when it is on the far side."""
    layer = Layer.BEHIND if view.depth(centre) < -0.04 else Layer.CARRIED
    return Part(blob(view, centre, 0.03, 0.075, tall), person.accent, layer)
