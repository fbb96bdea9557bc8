"""Published T12 cut-offs as named sets. They disagree, so none is a default: an assessor picks one by name, or none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from napari_t12_bodycomp.errors import UsageError

UNITS = {"SMI": "cm2/m2", "VFI": "cm2/m2", "SFI": "cm2/m2", "VSR": "", "SMD": "HU", "IMAT": "cm2"}
"""What a cut-off can be about, with its unit; IMAT is the area of intermuscular fat."""

_SEX_WORDS = {"M": "men", "F": "women"}


@dataclass(frozen=True, slots=True)
class CutOff:
    """One limit: values on the `side` of it (never the limit itself) are the group that the source singles out.

    `men` and `women` are in the quantity's unit; they are equal where the source gives one value for both sexes.
    """

    quantity: str
    side: Literal["below", "above"]
    men: float
    women: float

    def __post_init__(self) -> None:
        if self.quantity not in UNITS:
            raise ValueError(f"a quantity out of {', '.join(UNITS)} is wanted, {self.quantity!r} came")

    def limit(self, sex: str) -> float | None:
        """The limit for DICOM's sex M or F; where the sexes differ and `sex` is neither, None."""
        if self.men == self.women:
            return self.men
        return {"M": self.men, "F": self.women}.get(sex)


@dataclass(frozen=True, slots=True)
class CutoffSet:
    """Cut-offs of one publication: `basis` says on whom and how they were found, `group` what lies beyond them."""

    name: str
    source: str
    basis: str
    group: str
    cutoffs: tuple[CutOff, ...]

    def cutoff(self, quantity: str) -> CutOff | None:
        """The set's cut-off for `quantity`; None where it has none."""
        return next((c for c in self.cutoffs if c.quantity == quantity), None)


_STUDY = "CT-derived skeletal muscle and fat indices and healing of intertrochanteric fractures, section 3.4"
CUTOFF_SETS: dict[str, CutoffSet] = {
    s.name: s
    for s in (
        CutoffSet(
            "nemec-2017",
            "Nemec et al. 2017",
            "157 patients before aortic valve replacement; carried over from L3 by regression",
            "low muscle mass",
            (CutOff("SMI", "below", 42.6, 30.6),),
        ),
        CutoffSet(
            "insights-2021",
            "Insights into Imaging 2021, doi:10.1186/s13244-021-01106-2",
            "569 healthy Chinese adults",
            "low muscle mass; for SMD and IMAT: fatty muscle",
            (CutOff("SMI", "below", 25.75, 20.16), CutOff("SMD", "below", 37.42, 33.17), CutOff("IMAT", "above", 8.72, 4.58)),
        ),
        CutoffSet(
            "cancers-2025-low-mass",
            "Cancers 2025;17:3255, doi:10.3390/cancers17193255",
            "80 patients; the paper's limit for low muscle mass",
            "low muscle mass",
            (CutOff("SMI", "below", 31.98, 28.23),),
        ),
        CutoffSet(
            "cancers-2025-sarcopenia",
            "Cancers 2025;17:3255, doi:10.3390/cancers17193255",
            "80 patients; the paper's limit for sarcopenia",
            "sarcopenia",
            (CutOff("SMI", "below", 24.78, 21.24),),
        ),
        CutoffSet(
            "kjr-2019",
            "Korean J Radiol 2019;20:522, doi:10.3348/kjr.2018.0241",
            "45 lung transplant recipients, both sexes together; splits survival",
            "relative sarcopenia",
            (CutOff("SMI", "below", 28.07, 28.07),),
        ),
        CutoffSet(
            "t12-study-institution-1",
            _STUDY,
            "Institution 1, both sexes together; Youden index against a RUSH score at 1 month",
            "slower fracture healing",
            (CutOff("SMI", "below", 33.046, 33.046), CutOff("VFI", "above", 35.270, 35.270)),
        ),
        CutoffSet(
            "t12-study-institution-2",
            _STUDY,
            "Institution 2, both sexes together; Youden index against a RUSH score at 1 month",
            "slower fracture healing",
            (CutOff("SMI", "below", 31.841, 31.841), CutOff("VFI", "above", 29.526, 29.526)),
        ),
    )
}


def cutoff_set(name: str) -> CutoffSet:
    """The set called `name`; UsageError names the choices where there is none."""
    if name not in CUTOFF_SETS:
        raise UsageError(f"A cut-off set out of {', '.join(CUTOFF_SETS)} is wanted, {name!r} came: choose one of these.")
    return CUTOFF_SETS[name]


def judge(chosen: CutoffSet, quantity: str, value: float, sex: str) -> str | None:
    """How `value` stands to the cut-off of `chosen`, as a sentence.

    Parameters
    ----------
    quantity : str
        A key of `UNITS`.
    value : float
        In the quantity's unit; NaN where unknown.
    sex : str
        As DICOM writes it: M, F, O or "".

    Returns
    -------
    str or None
        None where the set has no cut-off for this quantity or the value is unknown. Where the limit depends on an unknown sex the sentence
        says so.
    """
    cut = chosen.cutoff(quantity)
    if cut is None or not math.isfinite(value):
        return None
    limit = cut.limit(sex)
    if limit is None:
        return f"The sex is unknown: {chosen.name} has {cut.men:g} for men and {cut.women:g} for women, so {quantity} is not judged."
    beyond = value < limit if cut.side == "below" else value > limit
    whom = "both sexes" if cut.men == cut.women else _SEX_WORDS[sex]
    limit_text = f"{limit:g} {UNITS[quantity]}".rstrip()
    return f"{quantity} is {'' if beyond else 'not '}{cut.side} {limit_text} ({whom}, {chosen.name})."
