"""Quality flags: a short code for the table, a sentence for the reader.

A sentence is made with the scan at hand and holds its figures. Of a stored measurement the code alone is left, which `stored_flag` puts into words.
"""

from __future__ import annotations

from dataclasses import dataclass

OUTSIDE_T12 = "level_outside_t12"
"""The code of a slice that lies outside the T12 that was found."""


@dataclass(frozen=True, slots=True)
class QualityFlag:
    """One thing about a scan that a reader of its numbers must know, such as ``fov_truncated``."""

    code: str
    sentence: str


MEANINGS = {
    "arms_in_view": "Arms lie beside the trunk and were left out of the regions: check the side, and expect streaks.",
    "contrast_given": "The header names a contrast agent; the study measured unenhanced scans, and contrast raises muscle HU.",
    "contrast_likely": "Parts of the cavity are brighter than any tissue without contrast medium: contrast is likely.",
    "contrast_unknown": "The header does not say whether contrast medium was given, and the slice could not be judged.",
    "crura_in_part": "Diaphragm and crura count as muscle where fat or lung shows them on both sides.",
    "crura_not_drafted": "Diaphragm and crura count as muscle, but they are in the muscle region only where a hand painted them.",
    "crura_not_redrafted": "Whether diaphragm and crura are in the muscle region is not as the protocol says.",
    "fat_stranded": "The fat under the skin is full of strands, as in oedema: fat reads too small, and the outer muscle contour is a guess there.",
    "fluid_at_wall": "Fluid, or an organ as dark as water, lies against the inner wall, whose edge to the muscle is faint.",
    "fov_truncated": "The field of view cuts the body: areas read too small.",
    "gas_outside_wall": "Gas lies outside the body wall: a hernia, a stoma or gas under the skin.",
    "gland_in_view": "Lean tissue in the fat in front was taken for breast gland, not muscle.",
    "hu_scale_doubtful": "Fat under the skin does not read as fat usually does: the values are no true Hounsfield units, or fluid lies in it.",
    "intercostals_not_redrafted": "Whether intercostal muscles are in the muscle region is not as the protocol says.",
    "kvp_outside_protocol": "The tube voltage is not the study's 120 kV, which shifts the areas.",
    "kvp_unknown": "The header does not say the tube voltage; the study used 120 kV, and other voltages shift the areas.",
    "level_doubt": "The search for T12 had doubts about the level.",
    OUTSIDE_T12: "The measured slice lies outside the T12 body that was found.",
    "little_fat": "Hardly any fat is there: muscle lies against skin and organs with nothing to show its border.",
    "metal_in_view": "Something as bright as metal lies on the slice: HU around it are shifted, and so are the areas.",
    "much_fat": "Very much fat is there: expect noise and shifted HU, and check that the field of view holds all of it.",
    "muscle_fatty": "The muscle is fatty or watery: parts of it fall below the muscle window, and its contours are hard to see.",
    "noise_high": "The scan is noisy: pixels fall out of the HU windows, and areas read low.",
    "organ_at_wall": "Liver, stomach or bowel as bright as muscle may touch the wall: part of the muscle area may be theirs.",
    "overlapping_slices": "Slices are thicker than their distance: neighbours share tissue.",
    "pixels_coarse": "Pixels are coarse: one pixel along the muscle wall is a large share of its area.",
    "ribs_not_seen": "Too few ribs were seen to carry the inner wall: whether this slice is at T12 is in doubt.",
    "second_opinion_disagrees": "A second opinion calls another vertebra T12.",
    "series_irregular": "The series is irregular: slices are missing, uneven or repeated, or the gantry was tilted.",
    "slice_thickness_outside_protocol": "The slice is thicker or thinner than the study's 5 mm, which moves the areas of fat.",
    "slice_thickness_unknown": "The header does not say the slice thickness; the study used 5 mm.",
    "slices_averaged": "Thin slices were averaged to about the protocol's thickness.",
    "streaks": "Streaks run through the fat under the skin, bright and dark: HU are shifted there and in the muscle.",
    "t12_not_found": "The search did not find T12 with certainty: that this slice is mid-T12 rests on the person who chose it.",
    "thoracic_fat_not_redrafted": "Whether fat above the diaphragm is in the visceral region is not as the protocol says.",
    "thoracic_fat_not_separated": "Fat above the diaphragm does not count, but it is left out only where a hand erased it.",
}
"""What each code means, whatever the figures."""


def stored_flag(code: str) -> QualityFlag:
    """The flag of a stored measurement, in words without figures; a code that this version does not know says so."""
    return QualityFlag(code, MEANINGS.get(code, "Flagged by another version of the program, when the slice was measured."))
