"""What an input offers to be measured: one entry for each series (or acquisition of a series), and the one that is preselected."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeriesOffer:
    """One series, or one acquisition of it, described from its headers alone; None or "" where they say nothing.

    Parameters
    ----------
    acquisition_number : int or None
        By which it can be chosen in its series: the headers' own where that tells it apart, else one that was given to it here.
    slice_thickness_mm, spacing_mm : float or None
        Nominal thickness, and the median distance between neighbouring slices (mm).
    extent_z_mm : (float, float) or None
        LPS z of the lowest and highest slice centre (mm).
    orientation : str
        ``axial``, ``coronal``, ``sagittal``, ``oblique`` or "" where the headers do not say.
    patient_key : str
        Tells two patients apart without naming them; means nothing outside this run of the program.
    refusal : str
        "" where it may be measured, else one sentence that says why not.
    score : float
        Higher is preselected first.
    why : str
        What speaks for it, in words.
    """

    series_instance_uid: str
    study_instance_uid: str
    acquisition_number: int | None
    description: str
    modality: str
    n_slices: int
    slice_thickness_mm: float | None
    spacing_mm: float | None
    kernel: str
    kvp: float | None
    contrast: str | None
    extent_z_mm: tuple[float, float] | None
    orientation: str
    patient_key: str = ""
    study_date: str = ""
    age_years: float | None = None
    refusal: str = ""
    score: float = 0.0
    why: str = ""
    source: str = "dicom"

    @property
    def is_measurable(self) -> bool:
        return not self.refusal

    def answers_to(self, series: str | None, acquisition: int | None) -> bool:
        """Whether this is what was asked for by SeriesInstanceUID and acquisition number; None asks for any."""
        return series in (None, self.series_instance_uid) and acquisition in (None, self.acquisition_number)

    @property
    def length_mm(self) -> float | None:
        """Distance from the lowest to the highest slice centre (mm)."""
        return None if self.extent_z_mm is None else self.extent_z_mm[1] - self.extent_z_mm[0]


@dataclass(frozen=True, slots=True)
class SeriesList:
    """Everything that an input offers, best first; `reason` says why `chosen` is preselected, or why nothing is."""

    offers: tuple[SeriesOffer, ...]
    chosen: SeriesOffer | None
    reason: str

    def __post_init__(self) -> None:
        if self.chosen is not None and self.chosen not in self.offers:
            raise ValueError("the preselected series must be one of the offers")
