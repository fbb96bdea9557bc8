"""What the options of the protocol ask of a draft, and where a draft could not follow."""

from __future__ import annotations

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.roi_map import Draft

_WORDS = {
    "intercostals_are_muscle": ("intercostals_not_redrafted", "intercostals counted as muscle", "intercostals left out"),
    "crura_are_muscle": ("crura_not_redrafted", "diaphragm and crura counted as muscle", "diaphragm and crura left out"),
    "thoracic_fat_is_visceral": (
        "thoracic_fat_not_redrafted",
        "fat above the diaphragm counted as visceral",
        "fat above the diaphragm left out",
    ),
}
"""Options that only another draft, or a hand, can follow: the flag's code, and in words what the draft did with the option on and off."""

DRAFTED_OPTIONS = {name: code for name, (code, _, _) in _WORDS.items()}
"""Options that only another draft, or a hand, can follow, with the code of the flag that says where the regions do otherwise."""


def option_flags(protocol: Protocol, draft: Draft | None, follows: Protocol | None = None) -> tuple[QualityFlag, ...]:
    """Where `draft` does not do what the options of `protocol` say, so that only a hand can make the regions keep to them.

    `follows` is the protocol that the regions were made by, where it is not the draft's: they were copied, or a draft was taken back.
    """
    if draft is None:
        return ()
    flags, made_by = [], follows or draft.protocol
    for name, (code, was_in, was_out) in _WORDS.items():
        if made_by is not None and getattr(made_by, name) != getattr(protocol, name):
            was = was_in if getattr(made_by, name) else was_out
            words = f"The regions were made with {was}, the protocol says otherwise: draft again, or correct them by hand."
            flags.append(QualityFlag(code, words))
    if protocol.crura_are_muscle:
        why = f"here {draft.why_no_crura}" if draft.why_no_crura else ""
        words = f"Diaphragm and crura count as muscle, but {why}: they are in the muscle region only where a hand painted them."
        part = "Diaphragm and crura count as muscle where fat or lung shows them on both sides; against liver and spleen they are left out."
        flags.append(QualityFlag("crura_not_drafted", words) if why else QualityFlag("crura_in_part", part))
    if not protocol.thoracic_fat_is_visceral and draft.why_no_thoracic:
        words = f"Fat above the diaphragm does not count, but {draft.why_no_thoracic}: it is left out only where a hand erased it."
        flags.append(QualityFlag("thoracic_fat_not_separated", words))
    return tuple(flags)


def refuse_undrafted(draft: Draft, protocol: Protocol) -> None:
    """InputError where `draft` could not outline what the options of `protocol` ask for."""
    if protocol.crura_are_muscle and draft.why_no_crura:
        raise InputError(
            f"Diaphragm and crura are wanted as muscle, but on this slice {draft.why_no_crura}: "
            "draw them and give the regions with --regions, or measure with --crura exclude."
        )
    if not protocol.thoracic_fat_is_visceral and draft.why_no_thoracic:
        raise InputError(
            f"Visceral fat without the fat above the diaphragm is wanted, but {draft.why_no_thoracic}: "
            "draw the regions and give them with --regions, or measure with --thoracic-fat include."
        )
