"""What each column of the exported tables means, so that a table can be read without this program."""

from __future__ import annotations

from napari_t12_bodycomp.report import indices_csv

MEANINGS: dict[str, str] = {
    "patient_id": "Patient ID as the header has it, or as it was given; never a name",
    "sex": "M, F or O as the header has it",
    "age_years": "age at the scan",
    "study_date": "date of the study, YYYYMMDD",
    "study_instance_uid": "DICOM Study Instance UID",
    "series_instance_uid": "DICOM Series Instance UID",
    "acquisition_number": "which acquisition, where a series holds several; those to which the scanner gave one number, or none, are numbered by their image numbers, then times",
    "sop_instance_uid": "DICOM SOP Instance UID of the slice at the level; empty for NIfTI",
    "slice_sha256": "first 16 digits of the SHA-256 of the measured HU: tells slices apart that carry no UID",
    "slice_index": "0 is the most caudal slice",
    "z_mm": "DICOM patient (LPS) z of the slice",
    "level_method": "automatic: the slice on which T12 was found; manual: any other, a candidate that a person chose among them",
    "level_status": "what the search said: found, uncertain or absent",
    "level_confidence": "its confidence, 0 to 1",
    "level_candidates": "where it was uncertain: all candidates as letter, z, weight and reason, separated by semicolons",
    "level_candidate": "what a person took: the candidate's letter, or the name of the vertebra by the count; empty: neither",
    "level_reason": "why a person put the level there",
    "level_second_opinion": "agrees, disagrees or silent, and who said so; empty: nobody was asked",
    "level_confirmed_by": "who confirmed the level; empty: nobody yet",
    "hu_preset": "name of the HU preset",
    "muscle_hu_min": "lowest HU of skeletal muscle",
    "muscle_hu_max": "highest HU of skeletal muscle",
    "visceral_fat_hu_min": "lowest HU of visceral fat",
    "visceral_fat_hu_max": "highest HU of visceral fat",
    "subcutaneous_fat_hu_min": "lowest HU of subcutaneous fat",
    "subcutaneous_fat_hu_max": "highest HU of subcutaneous fat",
    "intermuscular_fat_hu_min": "lowest HU of intermuscular fat",
    "intermuscular_fat_hu_max": "highest HU of intermuscular fat",
    "slab_mm": "thickness that the measured slice stands for",
    "intercostals_are_muscle": "yes or no, see above",
    "crura_are_muscle": "yes or no, see above",
    "thoracic_fat_is_visceral": "yes or no, see above",
    "gas_rims_are_fat": "yes or no, see above",
    "muscle_area_cm2": "skeletal muscle area",
    "visceral_fat_area_cm2": "visceral fat area",
    "subcutaneous_fat_area_cm2": "subcutaneous fat area",
    "intermuscular_fat_area_cm2": "intermuscular fat area (IMAT)",
    "low_attenuation_muscle_area_cm2": "muscle from -29 to 29 HU",
    "thoracic_fat_area_cm2": "visceral fat above the diaphragm, counted or not; empty: not told apart",
    "gas_rim_area_cm2": "rims of gas and stool in the visceral fat window, counted or not",
    "smd_hu": "mean HU of the muscle (SMD)",
    "visceral_fat_mean_hu": "mean HU of visceral fat",
    "subcutaneous_fat_mean_hu": "mean HU of subcutaneous fat",
    "intermuscular_fat_mean_hu": "mean HU of intermuscular fat",
    "height_m": "body height",
    "height_source": "dicom, typed or manifest, or the source that a manifest names",
    "weight_kg": "body weight",
    "weight_source": "dicom, typed or manifest",
    "smi_cm2_m2": "skeletal muscle index",
    "vfi_cm2_m2": "visceral fat index",
    "sfi_cm2_m2": "subcutaneous fat index",
    "vsr": "visceral to subcutaneous fat ratio",
    "pixel_spacing_row_mm": "distance between rows",
    "pixel_spacing_column_mm": "distance between columns",
    "slice_thickness_mm": "nominal slice thickness",
    "kvp": "tube voltage",
    "contrast": "contrast agent as the header names it; empty: the header says nothing",
    "kernel": "reconstruction kernel",
    "manufacturer": "of the scanner",
    "scanner": "model of the scanner",
    "quality": "codes of the quality flags, separated by semicolons",
    "status": "draft until a person confirms",
    "regions_origin": "draft: the automatic draft to the pixel; drawn: made or changed by a person; empty: not known",
    "assessor": "who drew or corrected the regions",
    "reviewer": "who reviewed them",
    "reviewed_at": "when",
    "software_version": "version of this program",
}
"""By column of the table of measurements; the same words stand in ``docs/protocol.md``."""

STUDY_COLUMNS: dict[str, str] = {
    "case_id": "the case's name in the study: as it was listed, or a pseudonym made from the patient ID under the study's key",
    "version": "number of the drawing within its case",
    "protocol_version": "number of the version of the study's protocol that it was measured by",
}
"""Columns that a study adds."""


def dictionary_rows(covariates: list[str], kept_patient_ids: bool) -> list[indices_csv.Row]:
    """The data dictionary of a study's table: one row a column, in its order."""
    units = {column.name: column.unit for column in indices_csv.COLUMNS}
    meanings = {
        "case_id": STUDY_COLUMNS["case_id"],
        **MEANINGS,
        **STUDY_COLUMNS,
        **dict.fromkeys(covariates, "covariate, as it was listed"),
    }
    meanings["status"] = "state of the case: new, drafted, submitted, returned, approved or excluded"
    if not kept_patient_ids:
        meanings["patient_id"] = "the case's name in the study: patient IDs are not kept"
    return [{"column": name, "unit": units.get(name, ""), "meaning": text} for name, text in meanings.items()]


def batch_dictionary_rows(other_columns: list[str]) -> list[indices_csv.Row]:
    """The data dictionary of a batch's table: one row a column, in its order."""
    units = {column.name: column.unit for column in indices_csv.COLUMNS}
    meanings = {
        "case_id": "the case's name, as the manifest has it",
        **MEANINGS,
        "overlay_file": "the picture, beside the table",
        "regions_file": "label map of the regions",
        "tissues_file": "label map of the tissues",
        **dict.fromkeys(other_columns, "as the manifest has it, or as it was added to the table"),
    }
    return [{"column": name, "unit": units.get(name, ""), "meaning": text} for name, text in meanings.items()]
