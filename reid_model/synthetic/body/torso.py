"""Arms and what is worn above the waist."""

from reid_model.synthetic.body.part import Layer, Part
from reid_model.synthetic.body.person import Pattern, Person, Upper
from reid_model.synthetic.body.pose import Pose, arm
from reid_model.synthetic.geometry import Ring, View, blob, limb, shell
from reid_model.synthetic.palette import Colour, shade

_HEM = {Upper.COAT: 0.74, Upper.DRESS: 0.72}
_OPEN = (Upper.JACKET, Upper.COAT)
_FACES_US = 0.25


def torso_parts(person: Person, pose: Pose, view: View) -> list[Part]:
    """The upper garment with its front details, both arms."""
    parts = [_garment(person, view)]
    if view.facing > _FACES_US:
        parts += _front(person, view)
    elif person.upper is Upper.HOODIE:
        hood = blob(view, (0.0, 0.19, -0.05), 0.062, 0.04, 0.05)
        parts.append(Part(hood, shade(person.accent, 0.92), Layer.FRONT))
    for side in (-1, 1):
        parts += _arm(person, pose, view, side)
    return parts


def _garment(person: Person, view: View) -> Part:
    """The shell around chest and belly."""
    return Part(shell(view, _rings(person)), person.top, Layer.UPPER, overlay=_overlay(person))


def _overlay(person: Person) -> Colour | None:
    """Colour of the woven pattern, if there is one (a logo is printed, not woven)."""
    return None if person.pattern in (Pattern.PLAIN, Pattern.LOGO) else person.accent


def _rings(person: Person) -> tuple[Ring, ...]:
    """Neck, shoulders, chest, waist and hem of the upper garment."""
    chest = 0.112 * person.build
    loose = 1.08 if person.upper in (*_OPEN, Upper.HOODIE) else 1.0
    hem = _HEM.get(person.upper, person.waist + 0.04)
    flare = chest * (1.12 if person.upper in _HEM else 0.9 * loose)
    return (
        (0.145, 0.04, 0.035),
        (0.175, chest * 0.98 * loose, chest * 0.55),
        (0.28, chest * loose, chest * 0.72 * loose),
        (person.waist - 0.03, chest * 0.86 * loose, chest * 0.66 * loose),
        (hem, flare, flare * 0.8),
    )


def _front(person: Person, view: View) -> list[Part]:
    """What only the front shows: the shirt under an open jacket, a logo, a pocket."""
    if person.upper in _OPEN:
        gap = (0.026, 0.02)
        hem = person.waist + 0.03
        rings = ((0.16, *gap), (hem, gap[0] * 1.3, gap[1]))
        return [Part(shell(view, rings, z=0.06), person.accent, Layer.FRONT)]
    if person.pattern is Pattern.LOGO:
        logo = blob(view, (0.0, 0.28, 0.075), 0.055, 0.01, 0.05)
        return [Part(logo, person.accent, Layer.FRONT)]
    if person.upper is Upper.HOODIE:
        rings = ((0.37, 0.05, 0.02), (0.43, 0.065, 0.02))
        return [Part(shell(view, rings, z=0.07), shade(person.top, 0.75), Layer.FRONT)]
    return []


def _arm(person: Person, pose: Pose, view: View, side: int) -> list[Part]:
    """Upper arm, forearm and hand of one side; sleeves end at the elbow of a T-shirt."""
    bones = arm(person, pose, side)
    depth = view.depth(bones.elbow)
    layer = Layer.FAR_ARM if depth < -0.04 else Layer.NEAR_ARM
    tone = 0.84 if layer is Layer.FAR_ARM else 0.95
    short = person.upper in (Upper.TSHIRT, Upper.DRESS)
    sleeve = shade(person.top, tone)
    girth = 0.03 * person.build
    return [
        Part(blob(view, bones.hand, 0.018, 0.018, 0.022), person.skin, layer, depth),
        Part(
            limb(view, bones.elbow, bones.hand, girth * 0.85, girth * 0.65),
            shade(person.skin, tone) if short else sleeve,
            layer,
            depth,
        ),
        Part(limb(view, bones.shoulder, bones.elbow, girth * 1.1, girth), sleeve, layer, depth),
    ]
