"""Tables of the matching: balance, pairs and scores; and of enrolment and of what is missing."""

from __future__ import annotations

from napari_t12_bodycomp.model.cohort_analysis import EVENT, OTHER, CohortAnalysis, Matched, Place
from napari_t12_bodycomp.model.cohort_variables import PATIENT, REASON
from napari_t12_bodycomp.model.matching import ArmDifference
from napari_t12_bodycomp.report.cohort.sheet import NOTHING, Sheet, number
from napari_t12_bodycomp.report.indices_csv import as_text, safe_text

MOST_SMD = 0.1
"""A larger standardised difference is usually called imbalance (Austin PC. Stat Med 2009;28:3083-3107)."""


def balance(analysis: CohortAnalysis, place: Place, pairs: Matched) -> Sheet:
    """Each covariate before and after matching."""
    found = pairs.matching.balance
    titles = dict(zip((EVENT, OTHER), analysis.plan.groups, strict=True))
    propensity = pairs.matching.propensity
    chooses, chosen = titles[propensity.treated], titles[propensity.control]
    header: tuple[str, ...] = (
        "covariate",
        f"{chooses}, before",
        f"{chosen}, before",
        "SMD before",
        "pooled before",
        f"{chooses}, after",
        f"{chosen}, after",
        "SMD after",
    )
    header += ("pooled after", "variance ratio after")
    rows = []
    for row in found.rows:
        label = analysis.variables[row.covariate].label if row.covariate in analysis.variables else "Propensity score"
        is_first = row.level == "" or row is next(r for r in found.rows if r.covariate == row.covariate)
        pooled = [number(side.get(row.covariate)) if is_first else "" for side in (found.pooled_before, found.pooled_after)]
        ratio = number(row.after.variance_ratio if row.after else None, 2)
        rows.append((f"{label}: {row.level}" if row.level else label, *_arms(row.before), pooled[0], *_arms(row.after), pooled[1], ratio))
    left = [name for name, value in found.pooled_after.items() if value is not None and value > MOST_SMD]
    notes = [
        found.method[:1].upper() + found.method[1:] + ".",
        f"Above {MOST_SMD:g} after matching: {', '.join(left)}."
        if left
        else f"No covariate differs by more than {MOST_SMD:g} pooled SD after matching.",
        *pairs.matching.remarks,
    ]
    return Sheet(f"balance_{place.stem}", f"{place.title}: balance of the covariates", header, tuple(rows), tuple(notes))


def _arms(side: ArmDifference | None) -> tuple[str, str, str]:
    if side is None:
        return NOTHING, NOTHING, NOTHING
    return number(side.mean_treated), number(side.mean_control), number(side.smd)


def pairs_csv(pairs: Matched) -> str:
    """The pairs at full precision, and who stayed alone, with the reason."""
    header: tuple[str, ...] = ("pair", "treated", "control", "treated_score", "control_score", "distance", "why_alone")
    rows = [
        {
            "pair": str(k),
            "treated": safe_text(pair.treated),
            "control": safe_text(pair.control),
            "treated_score": repr(pair.treated_score),
            "control_score": repr(pair.control_score),
            "distance": repr(pair.distance),
        }
        for k, pair in enumerate(pairs.matching.pairs, start=1)
    ]
    rows += [{"treated": safe_text(alone.treated), "why_alone": alone.why} for alone in pairs.matching.unmatched]
    return as_text(header, rows)


def scores_csv(pairs: Matched) -> str:
    """Every patient's propensity score at full precision."""
    found = pairs.matching.propensity
    rows = [
        {"patient_id": safe_text(name), "is_treated": str(int(treated)), "score": repr(float(score)), "logit": repr(float(logit))}
        for name, treated, score, logit in zip(found.ids, found.is_treated, found.score, found.logit, strict=True)
    ]
    return as_text(("patient_id", "is_treated", "score", "logit"), rows)


def enrolment(analysis: CohortAnalysis) -> Sheet:
    """The numbers of the flow chart."""
    flow = analysis.flow
    event, other = analysis.plan.groups
    rows = [("screened", "", str(flow.n_screened))]
    rows += [("excluded", why, str(n)) for why, n in flow.excluded.items()]
    rows += [("included", "", str(flow.n_included))]
    for centre in flow.centres:
        where = f"centre {centre.centre}" if centre.centre else "all"
        rows += [("included", where, str(centre.n))]
        rows += [(group, where, str(centre.groups.get(value, 0))) for group, value in ((event, EVENT), (other, OTHER))]
        rows += [("outcome unknown", where, str(centre.n_unknown))] if centre.n_unknown else []
        rows += [("pairs", where, str(next(iter(centre.matched.values()))))] if centre.matched else []
    return Sheet("enrolment", "Enrolment", ("step", "where or why", "patients"), tuple(rows))


def missing(analysis: CohortAnalysis) -> Sheet:
    """Each variable, the column that it comes from, and how many patients lack it."""
    total = analysis.flow.n_included
    rows = []
    for name, n in analysis.missing.items():
        if name in (PATIENT, REASON):
            continue
        source = analysis.columns.get(name) or f"computed: {analysis.derived.get(name, '')}"
        rows.append((analysis.variables[name].label, source, str(n), f"{100 * n / total:.1f}" if total else NOTHING))
    notes = (
        "A patient who lacks a value is left out of the analyses that need it, and of no other; each table says how many it rests on.",
    )
    return Sheet("variables", "Variables and missing values", ("variable", "column", "missing", "%"), tuple(rows), notes)
