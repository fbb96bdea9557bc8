"""The agreement of two sets of readings as plain dicts; unknown is None."""

from __future__ import annotations

import math
from typing import Any

from napari_t12_bodycomp.model.agreement import Agreement, Icc, OverlapAgreement, QuantityAgreement
from napari_t12_bodycomp.report.agreement_csv import why_empty


def agreement_json(agreement: Agreement) -> dict[str, Any]:
    """All numbers, at full precision."""
    return {
        "first_reader": agreement.first_reader or None,
        "second_reader": agreement.second_reader or None,
        "cases": len(agreement.cases),
        "only_first": list(agreement.only_first),
        "only_second": list(agreement.only_second),
        "remarks": list(agreement.remarks),
        "quantities": {q.quantity.name: _quantity_json(q) for q in agreement.quantities},
        "overlaps": {o.name.removesuffix("_area_cm2"): _overlap_json(o) for o in agreement.overlaps},
    }


def _quantity_json(q: QuantityAgreement) -> dict[str, Any]:
    differences, errors = q.bland_altman, q.repeatability
    return {
        "unit": q.quantity.unit,
        "n": len(q.cases),
        "n_left_out": q.n_left_out,
        "icc": {form: _icc_json(q.icc[form]) for form in ("ICC(2,1)", "ICC(3,1)")},
        "ccc": {"value": _known(q.concordance.value), "ci": _known_pair(q.concordance.ci)},
        "bias": _known(differences.bias),
        "bias_ci": _known_pair(differences.bias_ci),
        "sd_difference": _known(differences.sd),
        "limits": _known_pair(differences.limits),
        "limits_ci": [_known_pair(differences.lower_limit_ci), _known_pair(differences.upper_limit_ci)],
        "mean_abs_difference": _known(differences.mean_abs),
        "max_abs_difference": _known(differences.max_abs),
        **{name: _known(getattr(errors, name)) for name in ("tem", "rtem_percent", "sdc", "cv_rms_percent", "cv_mean_percent")},
        "not_available": why_empty(q),
    }


def _icc_json(icc: Icc) -> dict[str, Any]:
    return {"value": _known(icc.value), "ci": _known_pair(icc.ci), "f": _known(icc.f), "df": _known_pair(icc.df), "p": _known(icc.p)}


def _overlap_json(o: OverlapAgreement) -> dict[str, Any]:
    parts = {"dice": o.dice, "jaccard": o.jaccard, "surface_mm": o.surface_mm, "hausdorff95_mm": o.hausdorff95_mm}
    spreads = {
        name: {
            "n": s.n,
            "median": _known(s.median),
            "quartiles": _known_pair(s.quartiles),
            "mean": _known(s.mean),
            "range": _known_pair(s.range),
        }
        for name, s in parts.items()
    }
    return {"n_left_out": o.n_left_out, **spreads}


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _known_pair(pair: tuple[float, float]) -> list[float] | None:
    return [float(value) for value in pair] if all(map(math.isfinite, pair)) else None
