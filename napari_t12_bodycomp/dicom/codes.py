"""The coded words of segmentations and reports: SNOMED CT where it has one, else the private scheme ``99T12BC``.

SNOMED CT has no code for each fat depot that the standard's own context groups would list, so a depot is Fat (CID 7166) with the anatomic region
that it lies in. All SNOMED CT and DCM codes here stand in the dictionaries that pydicom makes from PS3.16.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from napari_t12_bodycomp.model.tissue import Region, Tissue

SCHEME = "99T12BC"
SCHEME_NAME = "napari-t12-bodycomp body composition"

CM2 = Code("cm2", "UCUM", "square centimeter")
CM2_PER_M2 = Code("cm2/m2", "UCUM", "square centimeter per square meter")
HU = Code("[hnsf'U]", "UCUM", "Hounsfield unit")
MM = Code("mm", "UCUM", "millimeter")
METRE = Code("m", "UCUM", "meter")
RATIO = Code("{ratio}", "UCUM", "ratio")

AREA, ATTENUATION, MEAN = codes.SCT.Area, codes.DCM.AttenuationCoefficient, codes.SCT.Mean
T12 = codes.SCT.T12Vertebra
HEIGHT = codes.DCM.Height
COMMENT, QUALITY = codes.DCM.Comment, codes.DCM.QualityAssessment
CT = codes.SCT.ComputedTomography


def own(value: str, meaning: str) -> Code:
    """A word of the private scheme."""
    return Code(value, SCHEME, meaning)


LEVEL, INDICES = own("LEVEL", "Measured level"), own("INDICES", "Body composition indices")
LEVEL_Z = own("LEVEL_Z", "z of the measured slice (patient coordinates)")
SLAB = own("SLAB", "Thickness averaged")
LOW_ATTENUATION_AREA = own("LAMA", "Area of low attenuation muscle")
THORACIC_FAT_AREA = own("THORACIC_FAT", "Area of visceral fat above the diaphragm")
GAS_RIM_AREA = own("GAS_RIMS", "Area of rims of gas and stool in the fat window")
INDEX = {
    "SMI": (own("SMI", "Skeletal muscle index"), CM2_PER_M2),
    "VFI": (own("VFI", "Visceral fat index"), CM2_PER_M2),
    "SFI": (own("SFI", "Subcutaneous fat index"), CM2_PER_M2),
    "VSR": (own("VSR", "Ratio of visceral to subcutaneous fat area"), RATIO),
}


@dataclass(frozen=True, slots=True)
class Property:
    """How a segment is coded: category, type, and the anatomic region that it lies in."""

    label: str
    category: Code
    kind: Code
    where: Code
    colour: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Category, type and region by code value: no two properties share it."""
        return self.category.value, self.kind.value, self.where.value


_TISSUE, _STRUCTURE = codes.SCT.Tissue, codes.SCT.AnatomicalStructure
_MUSCLE, _FAT, _CAVITY, _SUBCUTANEOUS = (
    codes.SCT.SkeletalMuscle,
    codes.SCT.AdiposeTissue,
    codes.SCT.BodyCavity,
    codes.SCT.SubcutaneousTissue,
)
_TRUNK = codes.SCT.Trunk

REGIONS: dict[Region, Property] = {
    Region.MUSCLE: Property("muscle compartment", _STRUCTURE, _MUSCLE, _TRUNK, Tissue.MUSCLE.colour),
    Region.VISCERAL: Property("visceral cavity", _STRUCTURE, _CAVITY, _TRUNK, Tissue.VISCERAL_FAT.colour),
    Region.SUBCUTANEOUS: Property("subcutaneous layer", _STRUCTURE, _SUBCUTANEOUS, _TRUNK, Tissue.SUBCUTANEOUS_FAT.colour),
}
TISSUES: dict[Tissue, Property] = {
    Tissue.MUSCLE: Property("skeletal muscle", _TISSUE, _MUSCLE, _TRUNK, Tissue.MUSCLE.colour),
    Tissue.VISCERAL_FAT: Property("visceral adipose tissue", _TISSUE, _FAT, _CAVITY, Tissue.VISCERAL_FAT.colour),
    Tissue.SUBCUTANEOUS_FAT: Property("subcutaneous adipose tissue", _TISSUE, _FAT, _SUBCUTANEOUS, Tissue.SUBCUTANEOUS_FAT.colour),
    Tissue.INTERMUSCULAR_FAT: Property("intermuscular adipose tissue", _TISSUE, _FAT, _MUSCLE, Tissue.INTERMUSCULAR_FAT.colour),
}
