"""What the columns of a cohort's table mean: their names, units, spellings, and what no patient can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from napari_t12_bodycomp.model.rush import HIGHEST, LOWEST

OUTCOME, CENTRE, PATIENT = "outcome", "centre", "patient_id"
DAY_1_AGREED, MONTH_1_AGREED, CHANGE = "rush_consensus_d1", "rush_consensus_m1", "delta_rush"
REASON = "exclusion_reason"
YES, NO = "1", "0"
YES_WORDS = {"1": YES, "yes": YES, "y": YES, "true": YES, "0": NO, "no": NO, "n": NO, "false": NO}


class Form(Enum):
    """How the cells of a column are read."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole number"
    YES_NO = "yes or no"
    CATEGORY = "category"


class Part(Enum):
    """Where a variable stands in the tables."""

    BASELINE = "Baseline"
    COMPOSITION = "Body composition"
    FRACTURE = "Fracture and operation"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. `names` are the columns that it is known by (small letters), the first that is there in order of preference.

    `limits` are the lowest and highest value that a patient can have; `words` turn spellings (small letters) into levels, and where they are
    given no other is read; `levels` is the order in tables, the first the reference of regressions.
    """

    name: str
    title: str = ""
    unit: str = ""
    form: Form = Form.NUMBER
    part: Part = Part.NONE
    names: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    decimals: int = 2

    @property
    def label(self) -> str:
        """Title with unit, for a table."""
        return f"{self.title or self.name}, {self.unit}" if self.unit else self.title or self.name


def _yes_no(name: str, title: str, *names: str) -> Variable:
    return Variable(name, title, "", Form.YES_NO, Part.BASELINE, (name, *names), words=YES_WORDS, levels=(YES, NO))


_SEXES = {"f": "Female", "female": "Female", "m": "Male", "male": "Male", "o": "Other", "other": "Other"}
_SIDES = {"l": "Left", "left": "Left", "r": "Right", "right": "Right"}
ASA_LOW, ASA_HIGH = "I or II", "III or above"
_ASA = {
    **dict.fromkeys(("1", "2", "i", "ii", "i or ii"), ASA_LOW),
    **dict.fromkeys(("3", "4", "5", "iii", "iv", "v", "iii or above"), ASA_HIGH),
}
_BASE, _COMP, _FRAC = Part.BASELINE, Part.COMPOSITION, Part.FRACTURE
_TOTAL = (float(LOWEST), float(HIGHEST))

KNOWN: tuple[Variable, ...] = (
    Variable(PATIENT, "Patient", form=Form.TEXT, names=("patient_id", "patient", "case_id", "id")),
    Variable(CENTRE, "Centre", form=Form.TEXT, names=("institution", "centre", "center", "site", "hospital")),
    Variable(OUTCOME, "Slower healing", form=Form.YES_NO, names=("slow_healing", "slower_healing"), words=YES_WORDS),
    Variable(REASON, "Reason of exclusion", form=Form.TEXT, names=("exclusion_reason", "excluded_because")),
    Variable(DAY_1_AGREED, "RUSH at day 1, agreed", form=Form.WHOLE, names=("rush_consensus_d1", "rush_d1"), limits=_TOTAL),
    Variable(MONTH_1_AGREED, "RUSH at month 1, agreed", form=Form.WHOLE, names=("rush_consensus_m1", "rush_m1"), limits=_TOTAL),
    Variable(CHANGE, "Change in RUSH, day 1 to month 1", form=Form.WHOLE, names=("delta_rush", "rush_change"), limits=(-20.0, 20.0)),
    Variable("age", "Age", "years", Form.NUMBER, _BASE, ("age", "age_years"), (0.0, 115.0), decimals=1),
    Variable("BMI", "BMI", "kg/m²", Form.NUMBER, _BASE, ("bmi", "bmi_kg_m2"), (8.0, 90.0)),
    Variable("sex", "Sex", "", Form.CATEGORY, _BASE, ("sex", "gender"), words=_SEXES, levels=("Female", "Male", "Other")),
    Variable("limb", "Injured limb", "", Form.CATEGORY, _BASE, ("limb", "injured_limb", "side"), words=_SIDES, levels=("Left", "Right")),
    _yes_no("smoking", "Current smoking", "smoker"),
    _yes_no("drinking", "Current drinking", "alcohol", "drinker"),
    _yes_no("hypertension", "Hypertension"),
    _yes_no("diabetes", "Diabetes"),
    _yes_no("hyperlipidemia", "Hyperlipidaemia", "hyperlipidaemia"),
    Variable("height_m", "Height", "m", names=("height_m", "height"), limits=(1.0, 2.3)),
    Variable("height_cm", "Height", "cm", names=("height_cm",), limits=(100.0, 230.0)),
    Variable("weight_kg", "Weight", "kg", names=("weight_kg", "weight"), limits=(20.0, 350.0)),
    Variable("muscle_area_cm2", "Muscle area", "cm²", names=("muscle_area_cm2",), limits=(5.0, 500.0)),
    Variable(
        "visceral_fat_area_cm2", "Visceral fat area", "cm²", names=("visceral_fat_area_cm2", "visceral_area_cm2"), limits=(0.0, 1000.0)
    ),
    Variable(
        "subcutaneous_fat_area_cm2",
        "Subcutaneous fat area",
        "cm²",
        names=("subcutaneous_fat_area_cm2", "subcutaneous_area_cm2"),
        limits=(0.0, 2000.0),
    ),
    Variable("SMI", "SMI", "cm²/m²", Form.NUMBER, _COMP, ("smi", "smi_cm2_m2"), (2.0, 150.0)),
    Variable("VFI", "VFI", "cm²/m²", Form.NUMBER, _COMP, ("vfi", "vfi_cm2_m2"), (0.0, 400.0)),
    Variable("SFI", "SFI", "cm²/m²", Form.NUMBER, _COMP, ("sfi", "sfi_cm2_m2"), (0.0, 800.0)),
    Variable("VSR", "VSR", "", Form.NUMBER, _COMP, ("vsr",), (0.0, 100.0)),
    Variable("SMD", "SMD", "HU", Form.NUMBER, _COMP, ("smd", "smd_hu"), (-29.0, 199.0)),
    Variable("ASA", "ASA class", "", Form.CATEGORY, _FRAC, ("asa", "asa_class", "asa_score"), words=_ASA, levels=(ASA_LOW, ASA_HIGH)),
    Variable("fracture_type", "Fracture type", "", Form.CATEGORY, _FRAC, ("fracture_type",), levels=("stable", "reverse")),
    Variable("injury_mechanism", "Injury mechanism", "", Form.CATEGORY, _FRAC, ("injury_mechanism",), levels=("low_energy", "high_energy")),
    Variable(
        "fixation", "Internal fixation", "", Form.CATEGORY, _FRAC, ("fixation", "internal_fixation"), levels=("PFNA", "Gamma", "InterTAN")
    ),
)
"""The variables that are recognised by the name of their column, in the order of the tables.

Limits: muscle attenuation by the widest muscle window that ships, RUSH by its items; the others are wider than any patient, so that what
lies outside is a wrong unit or a slip of the pen.
"""

COVARIATES = ("age", "sex", "BMI", "limb", "smoking", "drinking", "hypertension", "diabetes", "hyperlipidemia")
"""What the study matched on: the eight that its methods list, and the injured limb, which its results name as the ninth."""
EXPOSURES = ("SMI", "VFI", "SFI", "VSR")
MARKERS = ("SMI", "VFI")
PAIR_PREDICTORS = ("age", "SMI", "VFI", "VSR")
CANDIDATES = ("age", "SMI", "VFI", "VSR", "fixation")
