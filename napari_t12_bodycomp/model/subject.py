"""The person scanned, as far as measurement needs it: never a name or a date of birth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from napari_t12_bodycomp.errors import UsageError

HEIGHT_RANGE_M = (1.0, 2.5)
WEIGHT_RANGE_KG = (20.0, 400.0)


class ValueSource(StrEnum):
    """Where a height or weight comes from."""

    UNKNOWN = ""
    DICOM = "dicom"
    TYPED = "typed"
    MANIFEST = "manifest"


@dataclass(frozen=True, slots=True)
class Subject:
    """Height in m, weight in kg, age in years; None where unknown (never 0)."""

    patient_id: str = ""
    sex: str = ""
    age_years: float | None = None
    height_m: float | None = None
    height_source: ValueSource = ValueSource.UNKNOWN
    weight_kg: float | None = None
    weight_source: ValueSource = ValueSource.UNKNOWN

    def with_height_cm(self, height_cm: float | None) -> Subject:
        """The same person with the height that somebody typed; None clears it. UsageError where it is impossible."""
        if height_cm is None:
            return replace(self, height_m=None, height_source=ValueSource.UNKNOWN)
        return replace(self, height_m=height_cm / 100.0, height_source=ValueSource.TYPED)

    def with_weight_kg(self, weight_kg: float | None) -> Subject:
        """The same person with the weight that somebody typed; None clears it. UsageError where it is impossible."""
        return replace(self, weight_kg=weight_kg, weight_source=ValueSource.UNKNOWN if weight_kg is None else ValueSource.TYPED)

    def __post_init__(self) -> None:
        if self.height_m is not None and not HEIGHT_RANGE_M[0] <= self.height_m <= HEIGHT_RANGE_M[1]:
            raise UsageError(
                f"A height between {HEIGHT_RANGE_M[0] * 100:.0f} and {HEIGHT_RANGE_M[1] * 100:.0f} cm is wanted, "
                f"{self.height_m * 100:g} cm came: check the unit, or leave it empty."
            )
        if self.weight_kg is not None and not WEIGHT_RANGE_KG[0] <= self.weight_kg <= WEIGHT_RANGE_KG[1]:
            raise UsageError(
                f"A weight between {WEIGHT_RANGE_KG[0]:.0f} and {WEIGHT_RANGE_KG[1]:.0f} kg is wanted, {self.weight_kg:g} kg came: "
                "check the unit, or leave it empty."
            )
